"""What trades and signals of runs amount to, by the rules of `stats/`."""

from collections.abc import Sequence
from typing import Final

from pmterm.lab.judging import WAITING
from pmterm.lab.outcome import Followed, Outcome, Trade
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, SECOND, Cash, Ns, cost
from pmterm.stats import equity
from pmterm.stats.intervals import ENOUGH, Estimate, Proportion, known_rate, median
from pmterm.stats.performance import Performance, performance

Facts = dict[str, object]

CUT_SHORT: Final = "cut short, not counted"


def by_strategy(outcomes: Sequence[Outcome]) -> dict[str, list[Trade]]:
    """Return all trades by who asked for them."""
    parts: dict[str, list[Trade]] = {}
    for outcome in outcomes:
        for trade in outcome.trades:
            parts.setdefault(trade.strategy, []).append(trade)
    return dict(sorted(parts.items()))


def by_kind(outcomes: Sequence[Outcome]) -> dict[str, list[Followed]]:
    """Return all signals by kind."""
    parts: dict[str, list[Followed]] = {}
    for outcome in outcomes:
        for signal in outcome.signals:
            parts.setdefault(signal.kind, []).append(signal)
    return dict(sorted(parts.items()))


def performance_of(trades: Sequence[Trade], capital: Cash) -> Performance:
    """Return the figures of the trades that are known; those of a market count as one cluster."""
    known = [_counted(trade) for trade in trades if trade.is_known]
    return performance(known, capital)


def curve_of(trades: Sequence[Trade], capital: Cash) -> tuple[tuple[Ns, Cash], ...]:
    """Return equity after each moment that closed a trade whose end is known."""
    known = [_counted(trade) for trade in trades if trade.is_known]
    return tuple((point.at, point.equity) for point in equity.equity_curve(known, capital))


def _counted(trade: Trade) -> equity.Trade:
    paid = trade.entry if trade.side is Side.BUY else PRICE_ONE - trade.entry
    return equity.Trade(
        net=trade.net,
        opened=trade.entered_at,
        closed=trade.left_at,
        exposure=cost(paid, trade.qty),
        reverted_after=trade.reverted_after if trade.reverted_after >= 0 else None,
        cluster=trade.market,
    )


def strategy_facts(trades: Sequence[Trade], capital: Cash) -> Facts:
    """Return a strategy's figures, each with its n; what is not known is counted apart."""
    figures = performance_of(trades, capital)
    unknown = [trade for trade in trades if not trade.is_known]
    return {
        "n": figures.n,
        "net": money(figures.net),
        "won": f"{money(figures.won)} (n {figures.n})",
        "lost": f"{money(figures.lost)} (n {figures.n})",
        "fees": money(sum(trade.fees for trade in trades if trade.is_known)),
        "win rate": rate_words(figures.win_rate),
        "net a trade": mean_words(figures.average),
        "median net": mean_words(figures.middle),
        "profit factor": _or_unknown(figures.profit_factor.value, figures.profit_factor.n),
        "sharpe a trade": _or_unknown(figures.sharpe.value, figures.sharpe.n),
        "max drawdown": f"{money(figures.drawdown.amount)} (n {figures.drawdown.n})",
        "unknown": len(unknown),
        "net of unknown": money(sum(trade.net for trade in unknown)),
    }


def signal_facts(signals: Sequence[Followed]) -> Facts:
    """Return what became of signals of a kind; those cut short are counted apart."""
    known = [signal for signal in signals if signal.is_whole]
    reverted = [signal for signal in known if signal.reverted]
    return {
        "seen": len(signals),
        "n": len(known),
        CUT_SHORT: len(signals) - len(known),
        "reverted": rate_words(known_rate(len(reverted), len(known))),
        "median net a contract": "waits"
        if signals and signals[0].kind in WAITING
        else mean_words(_known(median([s.net for s in known]))),
        "median s to revert": seconds_words(_known(median([s.after / SECOND for s in reverted]))),
    }


def money(cash: float) -> str:
    """Write dollars."""
    sign = "-" if cash < 0 else ""
    return f"{sign}{abs(cash) / 1_000_000:.4f}"


def rate_words(rate: Proportion) -> str:
    """Write a rate with its interval and n."""
    if rate.rate is None or rate.low is None or rate.high is None:
        return f"not known ({rate.hits} of {rate.n})"
    return f"{rate.rate:.1%} [{rate.low:.1%}, {rate.high:.1%}] (n {rate.n})"


def mean_words(estimate: Estimate) -> str:
    """Write an amount of money with its interval and n."""
    if estimate.value is None:
        return f"not known (n {estimate.n})"
    if estimate.low is None or estimate.high is None:
        return f"{money(estimate.value)} (n {estimate.n})"
    low, high = money(estimate.low), money(estimate.high)
    return f"{money(estimate.value)} [{low}, {high}] (n {estimate.n})"


def seconds_words(estimate: Estimate) -> str:
    """Write a time with n."""
    if estimate.value is None:
        return f"not known (n {estimate.n})"
    return f"{estimate.value:.1f} (n {estimate.n})"


def _known(estimate: Estimate) -> Estimate:
    if estimate.n >= ENOUGH:
        return estimate
    return Estimate(estimate.n, None, None, None, estimate.confidence)


def _or_unknown(value: float | None, n: int) -> str:
    return f"not known (n {n})" if value is None else f"{value:.3f} (n {n})"
