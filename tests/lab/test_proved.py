"""What kept backtests add to the record of strategies: the same settings, unseen, and once."""

import stat

import pytest
from tests.lab.case_build import DAY, T0, case

from pmterm.lab.outcome import Followed
from pmterm.lab.proof import records
from pmterm.lab.proved import Proved, keep, proving, read_proved
from pmterm.messages.strategy import missing_for_live
from pmterm.model.ids import MarketId, SignalId
from pmterm.model.units import SECOND

HOUR = 3_600 * SECOND
A, B = MarketId("KX-A"), MarketId("KX-B")


def signals(n, at=T0, market=A, net=10_000):
    return tuple(
        Followed(
            SignalId(f"s-{k}"), market, "panic_sell", at + k * SECOND * 60, 800_000,
            True, SECOND, net + k, True, f"E{k % 7}",
        )
        for k in range(n)
    )  # fmt: skip


def run(source="one", at=T0, n=10, **changes):
    fields = {
        "source": source, "recording": "r", "rules": "r", "version": "1", "kept_at": T0 + DAY,
        "first_at": at, "last_at": at + HOUR, "markets": (A,), "signals": signals(n, at),
    }  # fmt: skip
    return Proved(**fields | changes)


def count(*kept, rules="r", version="1", since=0, own=()):
    return len(proving(kept, rules, version, since, own))


def test_the_same_recording_counts_once_and_the_longer_run_of_it():
    short = run(n=4, last_at=T0 + 60 * SECOND)
    assert count(run(), run(kept_at=T0 + 2 * DAY)) == 10
    assert count(short, run()) == 10
    assert count(run(), run("two", T0 + DAY)) == 20


def test_a_market_watched_twice_at_the_same_time_counts_once():
    copy = run("two", T0 + 10 * SECOND)  # another recorder, ten seconds later, of the same market
    assert count(run(), copy) == 10
    assert count(run(n=0), copy) == 0  # the first saw nothing there, and it was there
    elsewhere = run("two", T0, markets=(B,), signals=signals(10, market=B))
    assert count(run(), elsewhere) == 20


def test_what_a_session_saw_itself_is_not_counted_again():
    own = [case(0, at=T0), case(1, at=T0 + 5 * 60 * SECOND, ended_at=T0 + 5 * 60 * SECOND)]
    assert count(run(), own=own) == 4  # the six of the first five minutes are the session's
    assert count(run(), own=[case(0, at=T0, market="KX-B")]) == 10


def test_other_settings_or_another_program_prove_nothing():
    assert count(run(rules="other")) == 0
    assert count(run(rules="r@local")) == 0
    assert count(run(), rules="r@local") == 0
    assert count(run(version="2")) == 0


def test_what_was_there_when_the_settings_were_chosen_is_not_held_out():
    half = T0 + 5 * 60 * SECOND
    assert count(run(), since=half) == 5
    assert count(run(), since=T0 + DAY) == 0
    assert count(run(is_held_out=True), since=T0 + DAY) == 10


def test_a_run_known_to_be_held_out_goes_before_one_that_is_not():
    assert count(run(), run(is_held_out=True), since=T0 + DAY) == 10
    assert count(run(is_held_out=True), run(), since=T0 + DAY) == 10


@pytest.mark.parametrize(("n", "is_enough"), [(49, False), (50, True)])
def test_fifty_signals_that_paid_are_enough_and_one_fewer_is_not(n, is_enough):
    own = [case(k, at=T0 - DAY + k * 60 * SECOND) for k in range(20)]
    rows = [*own, *proving([run(n=n - 20)], "r", "1", 0, own)]
    (fade,) = [one for one in records(5, rows, 0, 700_000, {}) if one.strategy == "fade"]
    assert (fade.held_out, fade.backtested) == (n, n - 20)
    assert fade.net_low > 0
    assert (not missing_for_live(fade, 50)) is is_enough


def test_fifty_that_lost_are_not_enough():
    lost = run(n=50, signals=signals(50, net=-20_000))
    rows = proving([lost], "r", "1", 0, [])
    (fade,) = [one for one in records(5, rows, 0, 700_000, {}) if one.strategy == "fade"]
    assert (fade.held_out, fade.won) == (50, 0)
    assert "needs above 0" in missing_for_live(fade, 50)


def test_lines_are_kept_for_their_owner_and_a_damaged_one_is_left_out(tmp_path):
    path = tmp_path / "kept.jsonl"
    keep(path, [run()])
    with path.open("ab") as file:
        file.write(b'{"source":"cut of')
    keep(path, [run("two", T0 + DAY)])
    assert [one.source for one in read_proved(path)] == ["one", "two"]
    assert read_proved(path)[0] == run()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_proved(tmp_path / "none.jsonl") == []


def test_lines_of_when_nobody_noted_how_long_signals_were_followed_count_for_nothing(tmp_path):
    path = tmp_path / "kept.jsonl"
    keep(path, [run(n=60)])
    path.write_bytes(path.read_bytes().replace(b'"is_whole":true', b'"is_known":true'))
    rows = proving(read_proved(path), "r", "1", 0, ())
    (fade,) = [one for one in records(5, rows, 0, 700_000, {}) if one.strategy == "fade"]
    assert (fade.held_out, fade.cut_short) == (0, 60)
