"""`pmterm report` as a user runs it: tables, JSON and a page."""

import asyncio
import json
import sqlite3
import stat

import pytest
from tests.e2e.program import run
from tests.lab.journal_build import BUY, SELL, Story, market

from pmterm.messages.feed import MarketSeen
from pmterm.store.database import Database
from pmterm.store.journal import Journal

HOSTILE = "\x1b[31m<script>alert(1)</script>"


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "kept" / "own.db"
    story = Story()
    story.say(MarketSeen, market("KX-B", title=HOSTILE))
    for number in range(31):
        story.ended(story.signal(number))
        story.trade(BUY, 10, 4_000, name="KX-B")
        story.trade(SELL, 10, 4_500 if number % 2 else 3_800, name="KX-B")

    async def fill():
        async with await Database.open(path) as database:
            await Journal(database).append(story.said)

    asyncio.run(fill())
    return path


def test_without_a_store_it_says_what_to_do(tmp_path):
    told = run(tmp_path, "report")
    assert told.returncode != 0
    assert "Run pmterm watch first." in told.stderr


def test_tables_fit_the_terminal(tmp_path, store):
    told = run(tmp_path, "report", "--store", str(store), COLUMNS="80")
    assert told.returncode == 0, told.stderr
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert "win rate        48.4% [32.0, 65.2] n 31" in told.stdout
    assert "panic_sell" in told.stdout
    assert "\x1b" not in told.stdout


def test_json_has_everything(tmp_path, store):
    told = run(tmp_path, "report", "--store", str(store), "--calibration", "--json")
    facts = json.loads(told.stdout)
    (paper,) = facts["reviews"]
    assert (paper["mode"], paper["all"]["n"], len(paper["trades"])) == ("paper", 31, 31)
    assert facts["signals"][0]["reverted"]["n"] == 31


def test_calibration_of_nothing_is_told_as_not_known(tmp_path, store):
    words = ("report", "--store", str(store), "--signal", "spike")
    assert "Calibration: not known: n 0" in run(tmp_path, *words, "--calibration").stdout
    assert "Calibration" not in run(tmp_path, *words).stdout


def test_a_page_is_written_for_its_owner_alone(tmp_path, store):
    told = run(tmp_path, "report", "--store", str(store), "--html", "page.html")
    assert told.returncode == 0, told.stderr
    page = tmp_path / "page.html"
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_page_that_cannot_be_written_is_told_in_words(tmp_path, store):
    told = run(tmp_path, "report", "--store", str(store), "--html", "nowhere/page.html")
    assert told.returncode != 0
    assert "no such file" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--strategy", "fde"), "Did you mean fade?"),
        (("--signal", "panik_sell"), "Did you mean panic_sell?"),
        (("--since", "noon"), "--since noon is no time."),
        (("--since", "2026-05-02", "--until", "2026-05-01"), "--until is not after --since."),
        (("--live", "--demo"), "--live and --demo are two stores."),
    ],
)
def test_bad_input_is_told_in_words(tmp_path, store, words, says):
    told = run(tmp_path, "report", "--store", str(store), *words)
    assert told.returncode == 2
    assert says in told.stderr
    assert "Traceback" not in told.stderr


def test_a_session_notes_its_rules_and_what_strategies_have_shown(tmp_path):
    told = run(tmp_path, "watch", "demo", "--plain", stdin="quit\n")
    assert told.returncode == 0, told.stderr
    assert "record fade: not known (n 0 of 30 held-out signals)" in told.stdout
    with sqlite3.connect(tmp_path / "data" / "pmterm" / "demo.db") as connection:
        rules = connection.execute("SELECT rules FROM sessions").fetchall()
        records = connection.execute(
            "SELECT count(*) FROM journal WHERE type = 'RecordKnown'"
        ).fetchall()
    connection.close()
    assert len(rules) == 1
    assert rules[0][0].endswith("@local")
    assert records == [(4,)]
    report = run(tmp_path, "report", "--demo")
    assert "No trade was made yet" in report.stdout
