"""A whole session through real sockets: watch, trade on paper, be killed, come back, replay."""

import csv
import io
import json
import resource
import signal
import time

import pytest
from tests.e2e.program import PATIENCE_S, Program, exchange, kalshi_key, run

QUICK = {"PMTERM_RISK__MARKET_COOLDOWN_S": "off"}  # or each second order would have to wait 5 s


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    with exchange(tmp_path_factory.mktemp("sim")) as facts:
        yield facts | {"quiet": facts["polymarket"][2]}  # the rumour leaves this market alone


def watch(folder, sim, *words, **more):
    program = Program(
        folder,
        "watch",
        sim["quiet"],
        "--json",
        "--exchange",
        sim["url"],
        *words,
        **QUICK,
        **more,
    )
    program.wait_for_message("FeedUp")  # what is typed from now on waits for the book
    return program


def until_told(program, words, kind, /, **fields):
    """Say a market order, again where the crowd was quicker, until such a message comes of it."""

    def fits(message):
        return message["type"] == kind and all(message[name] == fields[name] for name in fields)

    def is_told(line):
        message = json.loads(line)
        is_over = (message["type"], message.get("state")) == ("OrderReport", "cancelled")
        return fits(message) or is_over or message["type"] == "Refused"

    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        program.say(words)
        told = json.loads(program.wait_for(is_told))
        if fits(told):
            return told
        time.sleep(0.2)  # a book that was late may have caught up
    raise AssertionError(f"{words}: nothing came of it")


def buy(program):
    """Buy 10 at market; return the fill."""
    return until_told(program, "buy 10", "Fill", side="buy")


def close_out(program):
    until_told(program, "close", "PositionChanged", qty=0)


def fills(folder):
    told = run(folder, "export", "fills")
    return list(csv.DictReader(io.StringIO(told.stdout)))


def held(rows):
    return sum(int(float(r["qty"])) * (1 if r["side"] == "buy" else -1) for r in rows)


def test_a_market_order_is_filled_from_the_real_book_and_the_position_follows(tmp_path, sim):
    program = watch(tmp_path, sim)
    fill = buy(program)
    position = program.wait_for_message("PositionChanged")
    assert program.quit() == 0
    assert fill["qty"] == 10_000_000
    assert fill["fee"] > 0
    assert position["qty"] == 10_000_000
    assert position["average"] == fill["price"]


def test_a_limit_order_rests_is_cancelled_and_leaves_nothing(tmp_path, sim):
    program = watch(tmp_path, sim)
    program.say("limit buy 10 0.30")
    resting = program.wait_for_message("OrderReport", state="open")
    program.say("cancel all")
    program.wait_for_message("OrderReport", state="cancelled")
    assert resting["ahead"] >= 0
    assert program.quit() == 0
    assert fills(tmp_path) == []


def test_after_kill_9_the_next_start_holds_the_same_position_and_halt(tmp_path, sim):
    program = watch(tmp_path, sim)
    buy(program)
    program.wait_for_message("PositionChanged", qty=10_000_000)
    program.say("halt")
    program.wait_for_message("GateChanged", state="halted")
    assert program.end(signal.SIGKILL) == -signal.SIGKILL
    again = watch(tmp_path, sim)
    again.say("buy 10")
    refused = again.wait_for_message("Refused")
    assert "halted" in json.dumps(refused)
    again.say("resume")
    again.wait_for_message("GateChanged", state="active")
    close_out(again)
    assert again.quit() == 0
    assert held(fills(tmp_path)) == 0


def test_a_session_replays_to_the_same_decisions(tmp_path, sim):
    program = watch(tmp_path, sim, "--record")
    buy(program)
    until_told(program, "sell 5", "Fill", side="sell")
    close_out(program)
    assert program.quit() == 0
    recordings = list((tmp_path / "data" / "pmterm" / "recordings").iterdir())
    assert len(recordings) == 1
    told = run(tmp_path, "replay", str(recordings[0]), "--check", "--json")
    facts = json.loads(told.stdout)
    assert told.returncode == 0, facts
    assert facts["agree"] is True
    assert facts["decisions"] == facts["decisions_in_replay"] > 8


def test_a_replay_with_other_settings_is_told_apart(tmp_path, sim):
    """The check can fail: a decision that the session did not take is found."""
    program = watch(tmp_path, sim, "--record")
    buy(program)
    assert program.quit() == 0
    recording = next((tmp_path / "data" / "pmterm" / "recordings").iterdir())
    cut = tmp_path / recording.name.replace(".ndjson.zst", "-cut.ndjson.zst")
    cut.write_bytes(recording.read_bytes()[: recording.stat().st_size // 3])
    told = run(tmp_path, "replay", str(cut), "--check", "--json")
    assert told.returncode == 6
    assert json.loads(told.stdout)["agree"] is False


def test_sigterm_cancels_what_works_keeps_the_position_and_says_143(tmp_path, sim):
    program = watch(tmp_path, sim)
    fill = buy(program)
    below = (fill["price"] - 500) / 10_000
    program.say(f"limit buy 10 {below:.2f}")
    program.wait_for_message("OrderReport", state="open")
    assert program.end(signal.SIGTERM) == 128 + signal.SIGTERM
    again = watch(tmp_path, sim)
    close_out(again)
    assert again.quit() == 0
    assert not any('"state":"open"' in line for line in again.heard)


def test_a_full_disk_denies_the_order_and_the_session_lives_on(tmp_path, sim):
    first = watch(tmp_path, sim)
    assert first.quit() == 0

    def small_files_only():
        room = 40_000  # the store's log of changes comes to its end within a few orders
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    program = Program(
        tmp_path,
        "watch",
        sim["polymarket"][0],
        "--json",
        "--no-record",
        "--exchange",
        sim["url"],
        preexec_fn=small_files_only,
        **QUICK,
    )
    program.wait_for_message("FeedUp")
    for _ in range(8):
        program.say("buy 5")
    failed = program.wait_for_message("JournalFailed")
    refused = program.wait_for_message("OrderReport", state="refused")
    assert "disk" in failed["reason"]
    assert refused["order"] == failed["order"]
    program.wait_for_message("TradeSeen")
    assert program.quit() == 0
    assert not any(failed["order"] in line and '"type":"Fill"' in line for line in program.heard)


def test_lines_typed_at_once_are_all_obeyed(tmp_path, sim):
    program = watch(tmp_path, sim)
    program.say("limit buy 10 0.31\nlimit buy 10 0.32\nnonsense\nlimit buy 10 0.33")
    program.wait_for_message("NotUnderstood")
    for price in (3100, 3200, 3300):
        program.wait_for_message("OrderReport", state="open", price=price)
    assert program.quit() == 0


def test_a_second_instance_on_the_same_store_is_refused(tmp_path, sim):
    program = watch(tmp_path, sim)
    second = run(tmp_path, "watch", sim["quiet"], "--plain", "--exchange", sim["url"])
    assert second.returncode == 6
    assert "another pmterm" in second.stderr.lower()
    assert program.quit() == 0


def test_kalshi_is_watched_with_a_signed_handshake(tmp_path, sim):
    program = Program(
        tmp_path,
        "watch",
        sim["kalshi"][0],
        "--json",
        "--exchange",
        sim["url"],
        **kalshi_key(sim),
    )
    program.wait_for_message("FeedUp", venue="kalshi")
    program.wait_for_message("TradeSeen")
    assert program.quit() == 0


def test_recording_without_a_screen_gives_a_sound_file(tmp_path, sim):
    told = run(
        tmp_path,
        "record",
        sim["polymarket"][0],
        "--for",
        "3",
        "-o",
        "evening.ndjson.zst",
        "--exchange",
        sim["url"],
        "--json",
    )
    facts = json.loads(told.stdout)
    assert told.returncode == 0, told.stderr
    assert facts["frames"] > 5
    verified = json.loads(run(tmp_path, "recording", "verify", facts["file"], "--json").stdout)
    assert verified["damage"] == []
    assert sum(verified["frames"].values()) == facts["frames"]
    for market in verified["markets"].values():
        assert market["touch_agree"] == market["touch_checks"] > 0


def test_what_is_piped_in_before_the_book_is_there_is_obeyed_when_it_is(tmp_path, sim):
    words = ("watch", sim["quiet"], "--json", "--exchange", sim["url"])
    program = Program(tmp_path, *words, **QUICK)
    program.say("buy 10")  # at once: the program is not even up
    fill = program.wait_for_message("Fill")
    assert fill["qty"] == 10_000_000
    assert program.quit() == 0
