"""What runs came to, as facts for people and programs."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from pmterm.lab.figures import by_kind, by_strategy, signal_facts, strategy_facts
from pmterm.lab.outcome import Gap, Outcome, Trade
from pmterm.model.ids import venue_of
from pmterm.model.units import SECOND, Cash, Price, Qty, fixed_text, price_text
from pmterm.store.export import time_text

Facts = dict[str, object]

_NUMBER = re.compile(r"\d+")


def facts_of(outcomes: Sequence[Outcome], capital: Cash, strategies: Sequence[str] = ()) -> Facts:
    """Return one table: the whole, then by strategy and signal, every trade, every recording.

    `strategies` are those that acted; one without a trade is told with n 0.
    """
    parts: dict[str, list[Trade]] = {name: [] for name in strategies} | by_strategy(outcomes)
    gaps = [row for outcome in outcomes for row in _gaps(outcome)]
    venues = sorted({venue_of(market) for outcome in outcomes for market in outcome.markets})
    together = {"venues": f"{' and '.join(venues)}: all figures are of both together"}
    return {
        **(together if len(venues) > 1 else {}),
        "recordings": [_recording(outcome) for outcome in outcomes],
        **({"gaps": gaps} if gaps else {}),
        "strategies": {
            name or "by hand": _broke(name, outcomes) | strategy_facts(part, capital)
            for name, part in sorted(parts.items())
        },
        "signals": {kind: signal_facts(part) for kind, part in by_kind(outcomes).items()},
        "refused by the gate": dict(_sum(outcome.refused for outcome in outcomes)),
        "almost a signal": dict(_sum(outcome.rejected for outcome in outcomes)),
        "orders": dict(_sum(outcome.orders for outcome in outcomes)),
        "trades": [
            _trade(trade) | {"recording": outcome.recording}
            for outcome in outcomes
            for trade in outcome.trades
        ],
    }


def broken(outcomes: Iterable[Outcome]) -> list[str]:
    """Return which strategies broke, where, and how; from there on they did nothing."""
    return [
        f"{outcome.recording}: strategy broke and was stopped: {failed}"
        for outcome in outcomes
        for failed in outcome.failed
    ]


def _broke(strategy: str, outcomes: Iterable[Outcome]) -> Facts:
    start = f"{strategy}: "
    told = [
        f"{outcome.recording}: {failed.removeprefix(start)}"
        for outcome in outcomes
        for failed in outcome.failed
        if failed.startswith(start)
    ]
    return {"broke, and did nothing from there on": "; ".join(told)} if told else {}


def _gaps(outcome: Outcome) -> list[Facts]:
    """Return the gaps of a recording by reason, the longest of each in seconds."""
    by_reason: dict[str, list[Gap]] = {}
    for gap in outcome.gaps:
        by_reason.setdefault(_NUMBER.sub("…", gap.reason), []).append(gap)
    return [
        {
            "recording": outcome.recording,
            "why": reason,
            "gaps": len(gaps),
            "markets": len({gap.market for gap in gaps}) if gaps[0].market else "all",
            "longest_s": max(gap.until - gap.since for gap in gaps) // SECOND,
            "first": time_text(min(gap.since for gap in gaps)),
        }
        for reason, gaps in by_reason.items()
    ]


def _recording(outcome: Outcome) -> Facts:
    row: Facts = {
        "recording": outcome.recording,
        "hash": outcome.hash,
        "decisions": outcome.decisions,
        "inputs": outcome.inputs,
        "from": time_text(outcome.first_at),
        "to": time_text(outcome.last_at),
        "cash": money(outcome.cash),
        "fees": money(outcome.fees),
        "trades": len(outcome.trades),
        "signals": len(outcome.signals),
        "gaps": len(outcome.gaps),
        "settled": len(outcome.settled),
        "made_by": outcome.made_by or "not told",
    }
    if outcome.without_book:
        row["without_book"] = ", ".join(outcome.without_book)
    if outcome.failed:
        row["failed"] = "; ".join(outcome.failed)
    if outcome.damage:
        row["damage"] = "; ".join(outcome.damage)
    if outcome.stopped_at:
        row["stopped_at"] = time_text(outcome.stopped_at)
    return row


def _trade(trade: Trade) -> Facts:
    return {
        "market": trade.market,
        "strategy": trade.strategy,
        "signal": f"{trade.signal} {trade.kind}".strip(),
        "side": trade.side.value,
        "contracts": size(trade.qty),
        "entered": time_text(trade.entered_at),
        "left": time_text(trade.left_at),
        "entry": price(trade.entry),
        "exit": price(trade.exit),
        "fees": money(trade.fees),
        "net": money(trade.net),
        "reason": trade.reason,
    }


def _sum(counts: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return Counter(dict(total.most_common()))


def money(cash: Cash) -> str:
    """Write dollars."""
    return fixed_text(cash, 6, at_least=2)


def price(value: Price) -> str:
    """Write a price, nothing where there is none."""
    return price_text(value) if value else "-"


def size(qty: Qty) -> str:
    """Write contracts."""
    return fixed_text(qty, 6)
