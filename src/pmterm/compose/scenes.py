"""Reads where a replay begins, in which market, and who acts in it, from words as typed."""

from pmterm.compose.backtests import check_strategies
from pmterm.compose.replays import Scene
from pmterm.config.parameters import with_parameters
from pmterm.config.settings import Settings
from pmterm.lab.times import parse_time
from pmterm.model.ids import MarketId
from pmterm.views.bench import parameters_of


def scene_of(since: str, market: str, strategies: tuple[str, ...]) -> Scene | None:
    """Return where a replay begins; None where nothing was asked for: at the beginning.

    Raises:
        UsageWrong: the time does not read, or there is no such strategy.
    """
    at = parse_time(since, "--from")
    check_strategies(strategies)
    return Scene(at, MarketId(market), strategies) if at or market or strategies else None


def with_parameters_of(settings: Settings, text: str) -> Settings:
    """Return the settings with parameters as they are typed in a backtest.

    Raises:
        UsageWrong: they do not read.
    """
    return with_parameters(settings, parameters_of(text))
