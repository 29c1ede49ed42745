"""What runs came to, as facts for people and programs."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pmterm.lab.outcome import Followed, Outcome, Trade
from pmterm.model.units import MS, Cash, Price, Qty, fixed_text, price_text
from pmterm.store.export import time_text

Facts = dict[str, object]


def facts_of(outcomes: Sequence[Outcome]) -> Facts:
    """Return one table: the whole, then by strategy and signal, every trade, every recording."""
    trades = [trade for outcome in outcomes for trade in outcome.trades]
    signals = [signal for outcome in outcomes for signal in outcome.signals]
    return {
        "recordings": [_recording(outcome) for outcome in outcomes],
        "strategies": {name: _figures(part) for name, part in _by_strategy(trades).items()},
        "signals": {kind: _signals(part) for kind, part in _by_kind(signals).items()},
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


def _figures(trades: Sequence[Trade]) -> Facts:
    known = [trade for trade in trades if trade.is_known]
    unknown = [trade for trade in trades if not trade.is_known]
    return {
        "n": len(known),
        "won": sum(trade.net > 0 for trade in known),
        "net": money(sum(trade.net for trade in known)),
        "fees": money(sum(trade.fees for trade in known)),
        "unknown": len(unknown),
        "net of unknown": money(sum(trade.net for trade in unknown)),
    }


def _signals(signals: Sequence[Followed]) -> Facts:
    known = [signal for signal in signals if signal.is_known]
    return {
        "seen": len(signals),
        "n": len(known),
        "reverted": sum(signal.reverted for signal in known),
        "mean net": money(sum(signal.net for signal in known) // len(known)) if known else None,
        "mean after ms": sum(s.after for s in known) // len(known) // MS if known else None,
    }


def _by_strategy(trades: Iterable[Trade]) -> dict[str, list[Trade]]:
    parts: dict[str, list[Trade]] = {}
    for trade in trades:
        parts.setdefault(trade.strategy, []).append(trade)
    return dict(sorted(parts.items()))


def _by_kind(signals: Iterable[Followed]) -> dict[str, list[Followed]]:
    parts: dict[str, list[Followed]] = {}
    for signal in signals:
        parts.setdefault(signal.kind, []).append(signal)
    return dict(sorted(parts.items()))


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
