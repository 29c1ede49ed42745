"""What a run comes to, as the backtest screen shows it; worked out where the run is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pmterm.compose import backtests
from pmterm.lab.figures import (
    CUT_SHORT,
    by_kind,
    by_strategy,
    curve_of,
    performance_of,
    rate_words,
    signal_facts,
)
from pmterm.lab.outcome import Outcome, Trade
from pmterm.model.text import clean_text, counted
from pmterm.model.units import Cash
from pmterm.stats.intervals import Estimate
from pmterm.views.bench import BenchResult, BenchTrade, StrategyFigures
from pmterm.views.figures import cash_text

Played = Sequence[tuple[Path, Outcome]]


def result_of(
    played: Played, capital: Cash, left_out: Sequence[backtests.LeftOut] = ()
) -> BenchResult:
    """Return trades, equity, figures and notes of what was played so far."""
    outcomes = [outcome for _, outcome in played]
    trades = [_shown(path, trade) for path, outcome in played for trade in outcome.trades]
    every = [trade for outcome in outcomes for trade in outcome.trades]
    return BenchResult(
        tuple(sorted(trades, key=lambda trade: trade.entered_at)),
        curve_of(every, capital),
        capital,
        tuple(_figures(name, own, capital) for name, own in by_strategy(outcomes).items()),
        (*(clean_text(f"left out: {one.why}") for one in left_out), *_notes(outcomes)),
        len(outcomes),
    )


def kept_words(facts: Mapping[str, Any]) -> str:
    """Say what was kept, and what of it may prove something."""
    signals, recordings = facts["signals followed to their end"], facts["recordings"]
    return (
        f"KEPT {counted(signals, 'signal')} of {counted(recordings, 'recording')}"
        f" ({facts['of the real venues']} of the real venues, {facts['new']} new);"
        f" {facts['held out']}"
    )


def _shown(path: Path, trade: Trade) -> BenchTrade:
    return BenchTrade(
        str(path),
        trade.market,
        clean_text(trade.strategy),
        trade.side,
        trade.qty,
        trade.entered_at,
        trade.left_at,
        trade.entry,
        trade.exit,
        trade.fees,
        trade.net,
        clean_text(trade.reason),
        trade.is_known,
    )


def _figures(name: str, trades: Sequence[Trade], capital: Cash) -> StrategyFigures:
    facts = performance_of(trades, capital)
    return StrategyFigures(
        clean_text(name, 40),
        facts.n,
        facts.net,
        facts.win_rate.hits,
        facts.drawdown.amount,
        rate_words(facts.win_rate),
        _each(facts.average),
        sum(not trade.is_known for trade in trades),
    )


def _each(average: Estimate) -> str:
    """Write what a trade earned on average in dollars, with its interval and n."""
    if average.value is None:
        return f"not known (n {average.n})"
    value, *ends = (
        cash_text(round(each), signed=True)
        for each in (average.value, average.low, average.high)
        if each is not None
    )
    interval = f" [{', '.join(ends)}]" if ends else ""
    return f"{value}{interval} (n {average.n})"


def _notes(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    notes = [backtests.EACH_ALONE] if len(outcomes) > 1 else []
    for kind, signals in by_kind(outcomes).items():
        facts = signal_facts(signals)
        name = kind.replace("_", " ").upper()
        notes.append(
            f"{name}: seen {facts['seen']}, {facts[CUT_SHORT]} cut short not counted,"
            f" came back {facts['reverted']},"
            f" median net a contract {facts['median net a contract']}"
        )
    for outcome in outcomes:
        name = outcome.recording
        notes += [f"{name}: strategy stopped: {each}" for each in outcome.failed]
        notes += [f"{name}: damaged: {each}" for each in outcome.damage[:1]]
        if outcome.without_book:
            notes.append(f"{name}: {counted(len(outcome.without_book), 'market')} without a book")
    return tuple(clean_text(note) for note in notes)
