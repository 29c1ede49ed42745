"""Where a replay begins is read from words, and a backtest's command leads to the same trade."""

import shlex

import msgspec
import pytest
from tests.lab.recordings import HOCKEY, ROTATION, lines_of, write_recording

from pmterm.compose.bench import LabBench
from pmterm.compose.given import Screen
from pmterm.compose.replays import Scene, contents_of, replay
from pmterm.compose.scenes import scene_of, with_parameters_of
from pmterm.config.settings import Settings
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import MarketId
from pmterm.views.bench import Choice, Jump

AT = 1_778_718_190_000_000_000  # 2026-05-14T00:23:10Z


def test_nothing_asked_for_is_the_beginning():
    assert scene_of("", "", ()) is None


def test_time_market_and_strategies_are_read():
    scene = scene_of("2026-05-14T00:23:10Z", "KX-1", ("fade",))
    assert scene == Scene(AT, MarketId("KX-1"), ("fade",))


@pytest.mark.parametrize(
    ("since", "strategies", "words"),
    [("soon", (), "--from soon is no time"), ("", ("fad",), "there is no strategy fad")],
)
def test_what_does_not_read_is_refused(since, strategies, words):
    with pytest.raises(UsageWrong, match=words):
        scene_of(since, "", strategies)


def test_the_command_of_a_trade_leads_to_the_scene_and_settings_of_its_run(tmp_path):
    store = msgspec.structs.replace(Settings().store, recordings=str(tmp_path))
    bench = LabBench(msgspec.structs.replace(Settings(), store=store))
    bench._played = Choice(
        strategies={"spike", "fade"}, parameters="fade.stop_ppm=20000 signals.min_baseline_s=60"
    )
    jump = Jump("/r/the evening.ndjson.zst", MarketId("KX-1"), AT)
    words = shlex.split(bench.command(jump))
    assert words[:3] == ["pmterm", "replay", jump.path]
    given = list(zip(words[3::2], words[4::2], strict=True))
    options = dict(given)
    strategies = tuple(value for name, value in given if name == "--strategy")
    settings, scene = bench.scene(jump)
    assert scene_of(options["--from"], options["--market"], strategies) == scene
    again = with_parameters_of(Settings(), options["--parameters"])
    assert (again.strategies, again.signals) == (settings.strategies, settings.signals)


async def test_a_market_that_the_recording_does_not_hold_is_refused_with_those_it_does(tmp_path):
    path = write_recording(tmp_path / "evening.ndjson.zst", lines_of(HOCKEY))
    held = contents_of(path).markets
    with pytest.raises(UsageWrong) as told:
        await replay(Settings(), Screen(plain=True), path, speed=1.0, scene=Scene(0, "KX-NONE"))
    assert str(told.value.detail) == "evening.ndjson.zst holds no market KX-NONE."
    assert told.value.hint == f"It holds {', '.join(held)}."
    assert len(held) > 1
    assert told.value.exit_code == 2


@pytest.mark.parametrize("market", ["KXBTC15M-26MAY140100-00", "KXBTC15M-26MAY140045-45"])
async def test_a_market_that_the_recording_names_or_has_frames_of_is_shown(tmp_path, market):
    path = write_recording(tmp_path / "evening.ndjson.zst", lines_of(ROTATION))
    scene = Scene(0, MarketId(market))
    assert len(contents_of(path).markets) == 1
    assert await replay(Settings(), Screen(plain=True), path, speed=1_000.0, scene=scene) == 0
