"""What strategies have shown, for the gate that lets them act on real money (T12)."""

from collections.abc import Iterable, Mapping, Sequence

from pmterm.lab.cases import cluster
from pmterm.lab.proved import MODE
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.orders import Fill, Intent
from pmterm.messages.strategy import RecordKnown, acted_by
from pmterm.model.ids import OrderId
from pmterm.model.order import FillState
from pmterm.model.units import Ns
from pmterm.stats.intervals import FEWEST_CLUSTERS, clustered_mean
from pmterm.store.cases import CaseRow
from pmterm.trading.strategy.strategies import STRATEGIES


def records(
    at: Ns,
    rows: Iterable[CaseRow],
    since: Ns,
    act_score_ppm: int,
    live_trades: Mapping[str, int],
) -> list[RecordKnown]:
    """Return the record of every strategy: the signals it would act on, out of sample.

    A signal of a session that did not note its rules proves nothing: it may have been anything.
    Those of kept backtests count like those of sessions. Where the events are too few for an
    interval, that reaches to 0 at least, so that nothing is proved by it. Signals that were cut
    short are counted apart.
    """
    known = [row for row in rows if row.rules and row.at >= since]
    told = []
    for name, kind in STRATEGIES.items():
        mine = [
            row
            for row in known
            if row.kind == kind.kind and (not kind.is_scored or row.score >= act_score_ppm)
        ]
        told.append(_record(at, name, mine, live_trades.get(name, 0)))
    return told


def _record(at: Ns, name: str, found: Sequence[CaseRow], live_trades: int) -> RecordKnown:
    rows = [row for row in found if row.is_whole]
    nets = [row.net for row in rows]
    mean = clustered_mean(nets, [cluster(row) for row in rows])
    net, low, high = mean.value or 0.0, mean.low, mean.high
    if mean.clusters < FEWEST_CLUSTERS or low is None or high is None:
        low, high = min(0.0, net, low or 0.0), max(0.0, net, high or 0.0)
    return RecordKnown(
        at,
        name,
        held_out=len(rows),
        won=sum(net > 0 for net in nets),
        net=round(net),
        net_low=round(low),
        net_high=round(high),
        live_trades=live_trades,
        backtested=sum(row.mode == MODE for row in rows),
        cut_short=len(found) - len(rows),
    )


def trades_by_itself(messages: Iterable[Message]) -> dict[str, int]:
    """Return how many orders each strategy made by itself that traded real money.

    Counted as the gate counts them.
    """
    orders: dict[OrderId, str] = {}
    counts: dict[str, int] = {}
    is_live = False
    for said in messages:
        if isinstance(said, SessionStarted):
            is_live = said.mode is Mode.LIVE
        elif isinstance(said, Intent):
            acting = acted_by(said.origin)
            if acting and is_live:
                orders[said.order] = acting
        elif isinstance(said, Fill) and said.state is not FillState.FAILED:
            acting = orders.pop(said.order, "")
            if acting:
                counts[acting] = counts.get(acting, 0) + 1
    return counts
