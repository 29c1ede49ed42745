"""Worlds whose truth is known, judged as recordings are: how often is something wrongly claimed?"""

from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.lab.judging import KINDS, Row, Verdict, verdicts
from pmterm.lab.nulls import Plant, World
from pmterm.messages.signals import SignalKind
from pmterm.model.text import counted
from pmterm.stats.intervals import wilson

NULL: Final = World()
SHARES: Final = (0.5, 0.65, 0.8)  # below a half nothing comes half back
SHOCK: Final = 0.6  # in log-odds: 50 to 35 cents, or to 65
_HUNDRED: Final = 100.0


class Trial(msgspec.Struct, frozen=True):
    """One world to be judged; `share` of each shock comes back, 0: nothing ever does."""

    seed: int
    share: float = 0.0

    @property
    def falls(self) -> bool:
        """Whether its shocks are falls; else they are rises."""
        return self.seed % 2 == 0

    @property
    def world(self) -> World:
        """How it is made."""
        if not self.share:
            return NULL
        size = -SHOCK if self.falls else SHOCK
        return World(markets=10, seconds=2_200, volatility=0.006, plant=Plant(size, self.share))

    @property
    def kind(self) -> SignalKind:
        """Which signal is made for its shocks."""
        return SignalKind.PANIC_SELL if self.falls else SignalKind.FOMO_BUY


class Tried(msgspec.Struct, frozen=True):
    """A trial and what was said of each kind of signal in it."""

    trial: Trial
    rows: tuple[Row, ...]

    @property
    def told(self) -> list[Verdict]:
        """The rows, corrected together."""
        return verdicts(self.rows)

    @property
    def aimed(self) -> Verdict:
        """What was said of the signal that the shocks were for."""
        return next(one for one in self.told if one.row.kind is self.trial.kind)

    @property
    def is_inside(self) -> bool:
        """Whether the share that came back lies in its interval."""
        share = self.aimed.row.share
        return share.low is not None and share.low <= self.trial.share <= (share.high or 0.0)


def asked(seeds: int) -> list[Trial]:
    """Return the trials: as many worlds where nothing comes back as where some does."""
    nulls = [Trial(seed) for seed in range(seeds)]
    return nulls + [Trial(seed, SHARES[seed // 2 % len(SHARES)]) for seed in range(seeds)]


def facts_of(tried: Sequence[Tried]) -> dict[str, object]:
    """Return what became of the trials, each share with its n and 95 % interval."""
    nulls = [one for one in tried if not one.trial.share]
    planted = [one for one in tried if one.trial.share]
    told = [verdict for one in nulls for verdict in one.told]
    tested = [one for one in told if one.row.p_excess is not None or one.row.p_net is not None]
    raw = [p for one in told for p in (one.row.p_excess,) if p is not None]
    facts: dict[str, object] = {
        "null_seeds": len(nulls),
        "detectors": len(told),
        "detectors_with_enough": len(tested),
        "called_good": share_text(sum(one.is_good for one in told), len(told)),
        "called_good_of_those_with_enough": share_text(
            sum(one.is_good for one in tested), len(tested)
        ),
        "below_0.05_before_correction": share_text(sum(p < 0.05 for p in raw), len(raw)),
    }
    for kind in KINDS:
        rows = [one.row for one in told if one.row.kind is kind]
        back = sum(row.reverted.hits for row in rows)
        good = sum(one.is_good for one in told if one.row.kind is kind)
        facts[f"null_{kind.value}"] = (
            f"came back {share_text(back, sum(row.n for row in rows))}, called good in "
            f"{good} of {counted(len(rows), 'world')}"
        )
    facts["planted_seeds"] = len(planted)
    facts["planted_found"] = share_text(sum(one.aimed.is_good for one in planted), len(planted))
    facts["size_inside_its_interval"] = share_text(
        sum(one.is_inside for one in planted), len(planted)
    )
    for share in SHARES:
        some = [one for one in planted if one.trial.share == share]
        facts[f"planted_{share}"] = (
            f"found {share_text(sum(one.aimed.is_good for one in some), len(some))}, "
            f"inside {share_text(sum(one.is_inside for one in some), len(some))}"
        )
    return facts


def share_text(hits: int, n: int) -> str:
    """Write a share with its n and its Wilson interval."""
    one = wilson(hits, n)
    if one.rate is None or one.low is None or one.high is None:
        return f"{hits} of {n}"
    low, high = one.low * _HUNDRED, one.high * _HUNDRED
    return f"{hits} of {n} ({one.rate * _HUNDRED:.1f} % [{low:.1f}, {high:.1f}])"
