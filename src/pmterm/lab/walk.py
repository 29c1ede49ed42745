"""Walk forward: what was best on one window of time is judged on the next, which it never saw."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from pmterm.lab.figures import mean_words, money, rate_words
from pmterm.lab.scores import Score
from pmterm.lab.spec import SIGNALS, Point
from pmterm.model.units import Cash, Ns
from pmterm.stats.intervals import ENOUGH, clustered_mean, known_rate, p_above
from pmterm.stats.multiple import benjamini_hochberg, holm
from pmterm.stats.sharpe import Sharpe, deflated_of, sharpe_of

LEVEL: Final = 0.05
HALF: Final = 0.5
Facts = dict[str, object]


class Tried(NamedTuple):
    """A point, and its scores by recording."""

    point: Point
    scores: Mapping[str, Score]

    def over(self, recordings: Sequence[str]) -> list[Score]:
        """Return its scores on some recordings."""
        return [self.scores[name] for name in recordings if name in self.scores]


def windows_of(recordings: Sequence[str], many: int) -> list[list[str]]:
    """Cut recordings, in order of time, into `many` windows of nearly the same number."""
    many = max(1, min(many, len(recordings)))
    size, rest = divmod(len(recordings), many)
    windows, start = [], 0
    for place in range(many):
        end = start + size + (place < rest)
        windows.append(list(recordings[start:end]))
        start = end
    return windows


def report(
    tried: Sequence[Tried],
    recordings: Sequence[str],
    windows: int,
    measure: str,
    spans: Mapping[str, tuple[Ns, Ns]] | None = None,
) -> Facts:
    """Return what was chosen, how it did where it was not chosen, and what luck explains of it.

    `spans` are when recordings began and ended (Unix ns): one that began before all that was
    chosen by had ended judges nothing.
    """
    cut = windows_of(recordings, windows)
    unit = "signal" if measure == SIGNALS else "trade"
    folds: list[Facts] = []
    judged: list[Score] = []
    for learned, unseen, best in chosen(tried, cut, measure):
        if best is None:
            nothing = f"nothing: no point made a {unit}"
            folds.append({"chosen by": _span(learned), "chosen": nothing})
            continue
        later = _later(learned, unseen, spans or {})
        here = best.over(later)
        judged += here
        fold: Facts = {
            "chosen by": _span(learned),
            "chosen": _words(best.point),
            "net there": _sum_words(best.over(learned)),
            "judged by": _span(later) if later else "nothing",
            "net here": _sum_words(here),
        }
        if len(later) < len(unseen):
            fold["left out"] = f"{len(unseen) - len(later)} that began before those had ended"
        folds.append(fold)
    return {
        "points tried": len(tried),
        "recordings": len(recordings),
        "windows": [_span(window) for window in cut],
        "walk forward": folds,
        "out of sample": _judged(judged, unit)
        if len(cut) > 1
        else "nothing: there is one window only",
        "in sample, all windows": _deflated(tried, recordings, measure, unit),
    }


def chosen(
    tried: Sequence[Tried], windows: Sequence[list[str]], measure: str
) -> Iterator[tuple[list[str], list[str], Tried | None]]:
    """Yield each window but the last, the one it is judged on, and what was best on the first."""
    for learned, unseen in pairwise(windows):
        yield learned, unseen, _best(tried, learned, measure)


def _later(
    learned: Sequence[str], unseen: Sequence[str], spans: Mapping[str, tuple[Ns, Ns]]
) -> list[str]:
    """Return those of `unseen` that began after all of `learned` had ended."""
    known_until = max((spans[name][1] for name in learned if name in spans), default=-1)
    return [name for name in unseen if name not in spans or spans[name][0] > known_until]


def _best(tried: Sequence[Tried], recordings: Sequence[str], measure: str) -> Tried | None:
    """Return the best point, the first among equals; None where none made a trade."""
    best, most = None, 0.0
    for one in tried:
        value = _value(_nets(one.over(recordings)), measure)
        if value is not None and (best is None or value > most):
            best, most = one, value
    return best


def _value(nets: Sequence[Cash], measure: str) -> float | None:
    if not nets:
        return None
    return sharpe_of(nets).value if measure == "sharpe" else float(sum(nets))


def _judged(scores: Sequence[Score], unit: str) -> Facts:
    nets = _nets(scores)
    markets = [market for score in scores for market in score.markets]
    mean = clustered_mean(nets, markets) if len(nets) >= ENOUGH else None
    return {
        "n": len(nets),
        "net": money(sum(nets)),
        "win rate": rate_words(known_rate(sum(net > 0 for net in nets), len(nets))),
        f"net a {unit}": mean_words(mean) if mean is not None else f"not known (n {len(nets)})",
        "unknown": sum(score.unknown for score in scores),
    }


def _deflated(tried: Sequence[Tried], recordings: Sequence[str], measure: str, unit: str) -> Facts:
    """Return the best point of all, and how much of it the number of tries explains.

    Hit rates are trades (or signals) with a net above zero, against one half; Holm and
    Benjamini-Hochberg over every point that made one.
    """
    nets = [_nets(one.over(recordings)) for one in tried]
    best = _best(tried, recordings, measure)
    if best is None:
        return {"best": f"nothing: no point made a {unit}"}
    sharpes = [sharpe_of(values) for values in nets]
    values = [sharpe.value for sharpe in sharpes if sharpe.value is not None]
    own = _nets(best.over(recordings))
    hits = [(sum(net > 0 for net in part), len(part)) for part in nets if part]
    raw = [p_above(won, n, HALF).p for won, n in hits]
    return {
        "best": _words(best.point),
        "net": f"{money(sum(own))} (n {len(own)})",
        f"sharpe a {unit}": _sharpe_words(sharpe_of(own)),
        "chance that it is better than luck, deflated": _chance(sharpe_of(own), values),
        f"points with {unit}s": len(hits),
        "hit rate over one half, uncorrected": sum(p <= LEVEL for p in raw),
        "hit rate over one half, Holm": sum(p <= LEVEL for p in holm(raw).values),
        "hit rate over one half, Benjamini-Hochberg": sum(
            p <= LEVEL for p in benjamini_hochberg(raw).values
        ),
    }


def _chance(best: Sharpe, tried: Sequence[float]) -> str:
    if best.n < ENOUGH or best.value is None or len(tried) < 2:
        return f"not known (n {best.n}, {len(tried)} tried)"
    told = deflated_of(best, tried)
    if told.probability is None:
        return f"not known (n {best.n}, {len(tried)} tried)"
    return f"{told.probability:.1%} (n {best.n}, {len(tried)} tried)"


def _sharpe_words(sharpe: Sharpe) -> str:
    if sharpe.n < ENOUGH or sharpe.value is None:
        return f"not known (n {sharpe.n})"
    return f"{sharpe.value:.3f} (n {sharpe.n})"


def _nets(scores: Sequence[Score]) -> list[Cash]:
    return [net for score in scores for net in score.nets]


def _sum_words(scores: Sequence[Score]) -> str:
    nets = _nets(scores)
    return f"{money(sum(nets))} (n {len(nets)})"


def _span(recordings: Sequence[str]) -> str:
    if len(recordings) == 1:
        return recordings[0]
    return f"{recordings[0]} … {recordings[-1]} ({len(recordings)})"


def _words(point: Point) -> str:
    return ", ".join(f"{key} {value}" for key, value in point.items())
