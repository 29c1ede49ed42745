"""Where a replay begins is read from words, and a backtest's command leads to the same trade."""

import shlex

import msgspec
import pytest

from pmterm.compose.bench import LabBench
from pmterm.compose.replays import Scene
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
