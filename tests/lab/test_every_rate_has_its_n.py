"""No output of the report shows a rate without the number it stands on."""

import json
import re
from html.parser import HTMLParser

import pytest
from tests.lab.case_build import T0 as CASES_FROM
from tests.lab.case_build import case, cases
from tests.lab.journal_build import BUY, SELL, Story, by, market

from pmterm.cli.tables import show_tables
from pmterm.compose.reviews import told
from pmterm.lab.calibration import market_calibrations, signal_calibrations
from pmterm.lab.cases import Past
from pmterm.lab.review import Wanted, reviews
from pmterm.messages.accounts import MADE_UP, Mode
from pmterm.messages.feed import MarketSeen
from pmterm.store.resolved import Quoted

RATE = re.compile(r"\d%|±|\d\]|interval\]")
COUNT = re.compile(r"\bn \d+")
HOSTILE = "<script>alert(1)</script><img src=x onerror=y>\x1b[31m"


def lacking(text):
    """Return whether a text has more rates than counts."""
    return len(re.findall(r"%|±", text)) > len(COUNT.findall(text)) or (
        bool(RATE.search(text)) and not COUNT.search(text)
    )


def without_n(facts, path=""):
    """Yield where in nested facts a float stands in an object without its n."""
    if isinstance(facts, dict):
        if any(isinstance(value, float) for value in facts.values()) and "n" not in facts:
            yield path
        for name, value in facts.items():
            yield from without_n(value, f"{path}/{name}")
    elif isinstance(facts, list):
        for place, value in enumerate(facts):
            yield from without_n(value, f"{path}/{place}")


def story(trades, mode=Mode.PAPER):
    told_ = Story(mode)
    told_.say(MarketSeen, market("KX-B", title=HOSTILE, category="<b>golf</b>"))
    for number in range(trades):
        told_.wait(3_600)
        name = ("KX-A", "KX-B")[number % 2]
        origin = ("key", by("fade"))[number % 3 == 0]
        told_.trade(BUY, 10, 4_000, fee=1_000, origin=origin, name=name)
        told_.trade(SELL, 10, (4_500, 3_600, 4_300)[number % 3], fee=1_000, name=name)
    return told_


def quotes(n, venue="kalshi"):
    return [
        Quoted(f"M{k}", venue, k, 1_000 * (k % 9) + 400, 1_000 * (k % 9) + 600, 10_000 * (k % 2))
        for k in range(n)
    ]


def report(trades, signals, quoted, mode=Mode.PAPER):
    rows = cases(signals, signals * 2 // 3)
    rows += [case(n, kind="spike", at=CASES_FROM + n) for n in range(signals // 4)]
    calibrations = [*market_calibrations(quotes(quoted)), *signal_calibrations(rows)]
    return told(reviews(story(trades, mode).said, Wanted()), Past(rows), calibrations)


REPORTS = {
    "nothing": (0, 0, 0),
    "one": (1, 1, 1),
    "few": (20, 29, 20),
    "enough": (45, 60, 60),
    "many": (90, 160, 200),
}
every = pytest.mark.parametrize("size", REPORTS.values(), ids=REPORTS)


@every
def test_no_cell_of_a_table_has_a_rate_without_n(size):
    for table in report(*size).tables:
        for row in table.rows:
            assert not [cell for cell in row if lacking(cell)]


@every
@pytest.mark.parametrize("width", [80, 120, 240])
def test_no_line_of_the_terminal_has_a_rate_without_n(size, width, capsys):
    known = report(*size)
    show_tables(known.tables, known.notes, width)
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert not [line for line in lines if lacking(line)]
    assert not [line for line in lines if len(line) > width or "\x1b" in line]


@every
def test_no_object_of_the_json_has_a_rate_without_n(size):
    assert not list(without_n(json.loads(json.dumps(report(*size).facts))))


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts, self.tags, self.links = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [
            value for name, value in attrs if name in {"src", "href"} or name[:2] == "on"
        ]
        self.texts += [value for name, value in attrs if name == "aria-label"]

    def handle_data(self, data):
        if self.lasttag != "style":
            self.texts.append(data)


@every
def test_no_text_of_the_page_has_a_rate_without_n(size):
    page = Page()
    page.feed(report(*size).html())
    assert not [text for text in page.texts if lacking(text)]


def test_the_page_stands_alone_and_runs_nothing():
    text = report(45, 60, 60).html()
    page = Page()
    page.feed(text)
    assert not page.links
    assert not page.tags & {"script", "img", "link", "iframe", "object", "base", "form"}
    assert "default-src 'none'" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\x1b" not in text
    assert text.count("<svg") >= 3


def test_paper_and_real_money_are_never_added_up():
    both = story(40)
    both.session(Mode.LIVE)
    for _ in range(7):
        both.trade(BUY, 10, 4_000)
        both.trade(SELL, 10, 4_500)
    found = reviews(both.said, Wanted())
    assert [(one.mode, one.whole.n) for one in found] == [(Mode.PAPER, 40), (Mode.LIVE, 7)]
    titles = [table.title for table in told(found, Past([]), []).tables]
    assert "PAPER MONEY: all trades" in titles
    assert "REAL MONEY: all trades" in titles


def test_what_was_made_up_is_said_to_be_and_never_added_to_what_was_not():
    """The demo, and sessions on a local exchange: no money, and no market that anybody traded."""
    both = story(40)
    for mode, many in ((Mode.PAPER, 7), (Mode.LIVE, 5)):
        both.session(mode, rules=f"abc{MADE_UP}")
        for _ in range(many):
            both.trade(BUY, 10, 4_000)
            both.trade(SELL, 10, 4_500)
    found = reviews(both.said, Wanted())
    assert [(one.mode, one.is_made_up, one.whole.n) for one in found] == [
        (Mode.PAPER, False, 40), (Mode.PAPER, True, 7), (Mode.LIVE, True, 5),
    ]  # fmt: skip
    rows = [*cases(40, 20), *cases(50, 50, rules=f"abc{MADE_UP}", session="s2", market="KX-B")]
    whole = told(found, Past(rows), [])
    titles = [table.title for table in whole.tables]
    assert "DEMO OR LOCAL EXCHANGE, PAPER MONEY: all trades" in titles
    assert "LOCAL EXCHANGE, TEST MONEY: all trades" in titles
    assert "SIGNALS: what became of them, demo or local exchange" in titles
    assert not any("REAL MONEY" in title for title in titles)
    of_panic = [one for one in whole.facts["signals"] if one["like"]["venue"] == ""]
    assert [(one["is_made_up"], one["n"]) for one in of_panic] == [(False, 40), (True, 50)]


@pytest.mark.parametrize(
    "text", ["61%", "61.3% [52.0, 69.1]", "0.6 ±0.1", "61% n 3, 70%", "+0.1 [-0.2, +0.3]"]
)
def test_a_rate_without_n_would_be_seen(text):
    assert lacking(text)


def test_a_float_without_n_would_be_seen():
    assert list(without_n({"all": {"n": 3, "share": 0.5, "inner": [{"rate": 0.1}]}})) == [
        "/all/inner/0"
    ]
