"""What runs came to, as facts for people and programs."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pmterm.lab.figures import by_kind, by_strategy, signal_facts, strategy_facts
from pmterm.lab.outcome import Outcome, Trade
from pmterm.model.units import Cash, Price, Qty, fixed_text, price_text
from pmterm.store.export import time_text

Facts = dict[str, object]


def facts_of(outcomes: Sequence[Outcome], capital: Cash, strategies: Sequence[str] = ()) -> Facts:
    """Return one table: the whole, then by strategy and signal, every trade, every recording.

    `strategies` are those that acted; one without a trade is told with n 0.
    """
    parts: dict[str, list[Trade]] = {name: [] for name in strategies} | by_strategy(outcomes)
    trades = [trade for outcome in outcomes for trade in outcome.trades]
    return {
        "recordings": [_recording(outcome) for outcome in outcomes],
        "strategies": {
            name or "by hand": strategy_facts(part, capital) for name, part in sorted(parts.items())
        },
        "signals": {kind: signal_facts(part) for kind, part in by_kind(outcomes).items()},
        "refused by the gate": dict(_sum(outcome.refused for outcome in outcomes)),
        "almost a signal": dict(_sum(outcome.rejected for outcome in outcomes)),
        "orders": dict(_sum(outcome.orders for outcome in outcomes)),
        "trades": [_trade(trade) for trade in trades],
    }


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
