"""`pmterm backtest --keep`: what was played counts at the start of the next session, or not."""

import msgspec
import pytest
from tests.lab.case_build import DAY, T0
from tests.lab.recordings import KALSHI, lines_of, write_recording

from pmterm.compose import keeping, sweeps
from pmterm.compose.backtests import Wish, backtest
from pmterm.compose.past import past_of, records_of
from pmterm.compose.recorder import REAL
from pmterm.config.paths import kept_path
from pmterm.config.sections import StoreSettings
from pmterm.config.settings import Settings
from pmterm.lab.outcome import Followed, Outcome
from pmterm.lab.proved import read_proved
from pmterm.model.ids import MarketId, SignalId
from pmterm.model.units import SECOND
from pmterm.store.database import Database
from pmterm.trading.signal.rules import SignalSettings
from pmterm.trading.strategy.settings import Fade, Rules, StrategySettings

A = MarketId("KX-A")
ON_REAL = f"pmterm 0.1.0{REAL}"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return msgspec.structs.replace(
        Settings(), store=StoreSettings(path=str(tmp_path / "pm" / "a.db"))
    )


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "one.ndjson.zst"
    path.write_bytes(b"the bytes of a recording")
    return path


def outcome(n=60, made_by=ON_REAL, at=T0):
    seen = tuple(
        Followed(
            SignalId(f"s-{k}"), A, "panic_sell", at + k * 60 * SECOND, 900_000,
            True, SECOND, 10_000 + k, True, f"E{k % 7}",
        )
        for k in range(n)
    )  # fmt: skip
    return Outcome(
        "one", "h", 1, 1, at, at + DAY, 0, 0, (), seen, {}, {}, {}, (), (), (),
        markets=(A,), made_by=made_by,
    )  # fmt: skip


async def fade_of(settings):
    async with await Database.open(kept_path(settings.store).with_name("a.db")) as database:
        past = await past_of(settings, database)
    (fade,) = [one for one in records_of(settings, past, [], 5) if one.strategy == "fade"]
    return fade


def tuned(settings, **changes):
    return msgspec.structs.replace(settings, **changes)


async def test_with_the_settings_pmterm_comes_with_a_recording_is_held_out(home, recording):
    told = keeping.keep_played(home, [(recording, outcome())], home)
    fade = await fade_of(home)
    assert (fade.held_out, fade.backtested, fade.won) == (60, 60, 60)
    assert told["held out"] == keeping.USUAL
    assert fade.net_low > 0


async def test_the_same_recording_is_kept_once_under_whatever_name(home, recording):
    keeping.keep_played(home, [(recording, outcome())], home)
    copy = recording.rename(recording.with_name("copy.ndjson.zst"))
    told = keeping.keep_played(home, [(copy, outcome())], home)
    assert told["new"] == 0
    assert (await fade_of(home)).held_out == 60


@pytest.mark.parametrize(
    "changes",
    [
        {"signals": SignalSettings(rearm_s=77)},
        {"strategies": StrategySettings(fade=Fade(stop_ppm=12_345))},
    ],
)
async def test_a_changed_parameter_is_not_held_out_on_what_was_there_before(
    home, recording, changes
):
    other = tuned(home, **changes)
    told = keeping.keep_played(other, [(recording, outcome())], home)
    assert (await fade_of(other)).held_out == 0  # it may have been chosen on that very recording
    assert (await fade_of(home)).held_out == 0  # and says nothing of the usual settings
    assert told["held out"] == keeping.LATER.format(n=0)


async def test_a_changed_parameter_is_held_out_on_what_came_after(home, recording, tmp_path):
    other = tuned(home, signals=SignalSettings(rearm_s=77))
    keeping.keep_played(other, [(recording, outcome())], home)
    (first,) = read_proved(kept_path(home.store))
    later = tmp_path / "later.ndjson.zst"
    later.write_bytes(b"of another day")
    keeping.keep_played(other, [(later, outcome(at=first.kept_at + DAY))], home)
    assert (await fade_of(other)).held_out == 60


async def test_what_was_judged_by_walking_forward_is_held_out(home, recording):
    other = tuned(home, signals=SignalSettings(rearm_s=77))
    keeping.keep_played(other, [(recording, outcome())], home, is_held_out=True)
    assert (await fade_of(other)).held_out == 60
    assert (await fade_of(home)).held_out == 0


async def test_how_large_orders_are_is_no_other_record(home, recording):
    keeping.keep_played(home, [(recording, outcome())], home)
    larger = tuned(home, strategies=StrategySettings(rules=Rules(dollars=1_000_000)))
    assert (await fade_of(larger)).held_out == 60


@pytest.mark.parametrize("made_by", ["pmterm 0.1.0", "pmterm sim, seed 1", ""])
async def test_only_recordings_that_say_they_are_of_the_real_venues_prove_anything_there(
    home, recording, made_by
):
    told = keeping.keep_played(home, [(recording, outcome(made_by=made_by))], home)
    assert (await fade_of(home)).held_out == 0
    assert told["of the real venues"] == 0
    hosts = msgspec.structs.replace(
        home.hosts, kalshi=msgspec.structs.replace(home.hosts.kalshi, api="http://127.0.0.1:1")
    )
    assert (await fade_of(tuned(home, hosts=hosts))).held_out == 60


async def test_a_real_recording_proves_nothing_on_a_local_exchange(home, recording):
    keeping.keep_played(home, [(recording, outcome())], home)
    hosts = msgspec.structs.replace(
        home.hosts, kalshi=msgspec.structs.replace(home.hosts.kalshi, api="http://127.0.0.1:1")
    )
    assert (await fade_of(tuned(home, hosts=hosts))).held_out == 0


def test_a_run_that_was_stopped_is_not_kept(home, recording):
    cut = msgspec.structs.replace(outcome(), stopped_at=T0 + SECOND)
    keeping.keep_played(home, [(recording, cut)], home)
    assert not kept_path(home.store).exists()


def test_a_backtest_keeps_what_it_played_only_when_asked(home, tmp_path):
    path = write_recording(tmp_path / "one.ndjson.zst", lines_of(KALSHI))
    backtest(home, Wish((path,)))
    assert not kept_path(home.store).exists()
    facts, code = backtest(home, Wish((path,), keeps=True))
    (kept,) = read_proved(kept_path(home.store))
    assert code == 0
    assert facts["kept"]["recordings"] == facts["kept"]["new"] == 1
    assert kept.rules.endswith("@local")  # it does not say where it was made
    assert kept.markets
    row = facts["recordings"][0]
    assert len(kept.signals) <= row["signals"]


def test_a_sweep_keeps_what_it_judged_and_nothing_it_chose_by(home, tmp_path, monkeypatch):
    names = ["a", "b", "c"]
    for day, name in enumerate(names):
        write_recording(tmp_path / f"{name}.ndjson.zst", lines_of(KALSHI), shift=day * DAY)
    spec = tmp_path / "spec.toml"
    recordings = ", ".join(f'"{name}.ndjson.zst"' for name in names)
    spec.write_text(
        f'recordings = [{recordings}]\nstrategies = ["fade"]\nwindows = 3\n'
        '[grid]\n"signals.rearm_s" = [60, 77]\n'
    )
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("pmterm.compose.sweeps.chosen", _first_is_best)
    facts, code = sweeps.sweep(spec, workers=1, cluster="", out=None, keeps=True)
    assert code == 0
    kept = read_proved(kept_path(StoreSettings()))
    assert [one.recording for one in kept] == ["b.ndjson.zst", "c.ndjson.zst"]
    assert all(one.is_held_out for one in kept)
    assert len(facts["kept"]) == 2


def _first_is_best(tried, windows, measure):
    del measure  # these recordings hold no trade to choose by
    return [(windows[0], windows[1], tried[1]), (windows[1], windows[2], tried[1])]
