"""The words and tables of the evidence: nothing here writes a rate without its n."""

from collections.abc import Mapping, Sequence
from typing import Final

from pmterm.lab.judging import Row, Verdict
from pmterm.model.text import counted
from pmterm.stats.intervals import Estimate, Proportion

_HUNDRED: Final = 100.0
_CENT: Final = 10_000.0  # 1e-6 USD

OPENING: Final = """# What the signals were worth

Made by `pmterm evidence RECORDINGS --nulls 200`, which plays recordings through the detector
that trades live. Do not edit; run it again."""

HOW: Final = """- **n**: signals that were followed for all of the 180 s. Those cut short (market or
  recording ended, book lost) are left out whatever became of them: to count those that came back
  before would flatter.
- **One side empty**: a price that ran until nobody stood there is followed on. At the end what was
  bought is sold at 0 then, what was sold is bought back at 1; without a mid nothing came back.
- **came back**: within 180 s the price came back at least half from its extreme toward where it
  was before (the detector's own rule), with the Wilson 95 % interval. By itself this says nothing:
  a random walk does it in nine of ten cases.
- **moments like it**: the same for up to 12 random moments per signal in the same market, with a
  move of the same direction and size (within a quarter) behind them and the same spread (within a
  cent), none of them near a signal.
- **more than those**: how much more often the signals came back, each less its mirror image (the
  same question the other way round). That takes out what drift, bursts and bouncing quotes do by
  themselves. It counts from two seconds after the signal; an order could not be there sooner.
  Where a market had no such moments: the mirror image alone.
- **share back**: how much of the move, in log-odds, was back after 180 s.
- **net**: one contract bought at the ask (sold at the bid) 150 ms after the signal, closed at the
  opposite touch when the move was half back or after 180 s, fees of both ways included; cents.
- Intervals are 95 %, clustered by what can be taken as one independent draw (Student's t). Below
  30 signals or 5 draws nothing is claimed. All questions are corrected together (Holm), so that
  the chance of even one false claim is below 5 %; the p shown are the corrected ones."""

CLOSING: Final = """## What this cannot say

- The recordings are few: hours of 15-minute Bitcoin markets and a handful of games. Other markets
  may be otherwise, and so may these on another day.
- Net takes one contract at the touch that was recorded. Nobody knows who else wanted it.
- "No edge shown" is not "there is none": the intervals say how large one could still be.
- Left out: one-minute candles, quotes every two minutes, captures of quiet books. Signals of 30 s
  cannot be seen in them."""


def how(days: Sequence[str]) -> str:
    """Say what was fixed beforehand."""
    span = f"from {days[0]} to {days[-1]}" if days else "of no day"
    return "\n".join(
        [
            "## How it was asked",
            "",
            "- Every threshold is the default of `config.toml`, fixed before these recordings were",
            f"  played ({span}). Nothing was fitted or chosen, so every day is out of sample; days",
            "  are listed apart where there are several.",
        ]
    )


def summary(told: Sequence[Verdict], pooled: Sequence[Verdict]) -> str:
    """Say in plain words what was found; `pooled` are the verdicts on all sources together."""
    if not told:
        return "Nothing was played."
    pays = [one for one in told if one.pays]
    back = [one for one in told if one.comes_back and not one.pays]
    known = [one for one in told if one.row.p_excess is not None or one.row.p_net is not None]
    lines = ["## In short", ""]
    if pays:
        lines.append(f"After all costs something was left for: {_named(pays)}.")
    else:
        lines.append("**No edge here.** No signal is shown to earn anything after fees, spread and")
        lines.append("delay.")
    if back:
        lines.append(f"The price came back more than by chance, without paying: {_named(back)}.")
    lines += [
        f"Of {len(told)} pairs of source and signal {len(known)} had enough signals to be asked",
        f"anything: {counted(told[0].asked, 'question')} in all. The rest is not known.",
        "",
        "All sources together:",
        "",
    ]
    lines += [f"- {_sentence(one)}" for one in pooled]
    return "\n".join(lines)


def left_out(files: Mapping[str, str]) -> str:
    """Return which files could not be read, and why."""
    lines = [f"- {why.removesuffix('.')}" for why in files.values()]
    return "\n".join(["## Files that could not be read", "", *lines])


def table(told: Sequence[Verdict]) -> list[str]:
    """Return the rows of one source."""
    head = (
        "signal", "n", "came back", "moments like it", "more than those", "share back",
        "net, cents", "in words",
    )  # fmt: skip
    return [*_head(head), *(_line(_cells(one)) for one in told)]


def day_table(rows: Sequence[tuple[str, Row]]) -> list[str]:
    """Return the same by day, without claims."""
    head = ("day", "signal", "n", "came back", "moments like it", "net, cents")
    told = [
        (day, row.kind.value, f"{row.n}", rate(row.reverted), rate(row.base), _net(row))
        for day, row in rows
    ]
    return ["By day:", "", *_head(head), *map(_line, told)]


def made_up(facts: Mapping[str, object]) -> str:
    """Return what was claimed of worlds whose truth is known."""
    lines = [f"- {name.replace('_', ' ')}: {value}" for name, value in facts.items()]
    return "\n".join(
        [
            "## The same questions where the truth is known",
            "",
            "Made-up markets: log-odds that walk at random, in bursts, with spread, depth, pulled",
            "quotes and a tape; and such with shocks of which a known share comes back. Good means",
            "any claim at all, after Holm's correction within each world. Intervals are 95 %.",
            "",
            *lines,
        ]
    )


def rate(value: Proportion) -> str:
    """Write a rate with its interval and n."""
    if not value.n or value.rate is None or value.low is None or value.high is None:
        return f"n {value.n}"
    rate_, low, high = (part * _HUNDRED for part in (value.rate, value.low, value.high))
    return f"{rate_:.1f} % [{low:.1f}, {high:.1f}] n {value.n}"


def _sentence(one: Verdict) -> str:
    row = one.row
    if not row.n:
        return f"**{row.kind.value}**: {one.words}"
    net = f"; net {_net(row)} cents a contract" if row.is_traded else "; it says wait"
    return (
        f"**{row.kind.value}**: {one.words}. It came back {rate(row.reverted)}, moments like it "
        f"{rate(row.base)}{net}"
    )


def _cells(one: Verdict) -> tuple[str, ...]:
    row = one.row
    n = f"{row.n}" if not row.unknown else f"{row.n} (+{row.unknown} cut short)"
    return (
        row.kind.value,
        n,
        rate(row.reverted),
        rate(row.base),
        _estimate(row.excess, _HUNDRED, " points") + _p(one.p_excess),
        _estimate(row.share, _HUNDRED, " %") if row.is_traded else "",
        _net(row) + _p(one.p_net),
        one.words,
    )


def _net(row: Row) -> str:
    return _estimate(row.net, 1.0 / _CENT, "") if row.is_traded else "waits"


def _estimate(value: Estimate, times: float, unit: str) -> str:
    if value.value is None:
        return f"n {value.n}"
    if value.low is None or value.high is None:
        return f"{value.value * times:+.1f}{unit}, no interval, n {value.n}"
    low, high = value.low * times, value.high * times
    return f"{value.value * times:+.1f}{unit} [{low:+.1f}, {high:+.1f}] n {value.n}"


def _p(value: float | None) -> str:
    return "" if value is None else f", p {value:.2f}" if value >= 0.01 else f", p {value:.4f}"


def _named(told: Sequence[Verdict]) -> str:
    return ", ".join(f"{one.row.kind.value} ({one.row.source}, n {one.row.n})" for one in told)


def _head(names: Sequence[str]) -> list[str]:
    return [_line(names), _line(["---"] * len(names))]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
