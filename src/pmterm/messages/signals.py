"""What was noticed about the crowd, and how it went on."""

from enum import StrEnum

from pmterm.messages.base import Message
from pmterm.model.ids import MarketId, SignalId
from pmterm.model.units import Cash, Ns, Price


class SignalKind(StrEnum):
    """The signals of this version; see the README's table for the rules."""

    PANIC_SELL = "panic_sell"
    FOMO_BUY = "fomo_buy"
    LIQUIDITY_VACUUM = "liquidity_vacuum"
    DEPTH_PULL = "depth_pull"
    MEAN_REVERSION = "mean_reversion"
    SPIKE = "spike"
    THESIS_INVALID = "thesis_invalid"


class Advice(StrEnum):
    """What a signal says to do, on the YES scale."""

    BUY = "buy"
    SELL = "sell"
    WAIT = "wait"


class SignalSeen(Message, frozen=True):
    """A rule's conditions all came true.

    `score_ppm` is 0..1_000_000. `mid2` is bid + ask (twice the mid, so that it stays an integer),
    `before2` the same before the move. `expected` is where half of the move back would end and
    `expected_after` how long that usually takes (0: not known). `reasons` are short texts with
    their numbers, true conditions first.

    The rest is what stood at that instant, for whoever learns from it: ratios to the last hour
    and the change of 30 s in millionths (0: not known, volume -1: no trading), `imbalance_ppm`
    top-five dollars of bids less asks over both, `ready_s` seconds of baseline, and `volatility`
    the standard deviation of the mid around its short average, in 1e-6 USD.
    """

    id: SignalId
    market: MarketId
    kind: SignalKind
    advice: Advice
    score_ppm: int
    mid2: int
    before2: int
    best_bid: Price
    best_ask: Price
    expected: Price
    expected_after: Ns
    reasons: tuple[str, ...]
    volume_ratio: int = 0
    depth_ratio: int = 0
    spread_ratio: int = 0
    change_ppm: int = 0
    imbalance_ppm: int = 0
    spread: Price = 0
    ready_s: int = 0
    volatility: Cash = 0


class SignalRejected(Message, frozen=True):
    """A rule's leading condition came true, but `failed` did not; said once per episode."""

    market: MarketId
    kind: SignalKind
    failed: tuple[str, ...]


class SignalBack(Message, frozen=True):
    """Half of a signal's move has come back, `after` ns after it; for people, not journaled.

    Whether it counts is known only when its time is over: `SignalEnded`.
    """

    id: SignalId
    market: MarketId
    kind: SignalKind
    after: Ns


class SignalEnded(Message, frozen=True):
    """What became of a signal, said when its 180 s of message time are over.

    `reverted`: price recovered at least half from the extreme toward the price before the move,
    `after` ns after the signal. `best` and `worst` are excursions in the advised direction from
    the signal's mid (1e-4 USD, worst is negative or 0). `net` is what one contract bought at the
    ask (sold at the bid) one delay after the signal would have earned by the end, fees of both
    ways included, in 1e-6 USD; a signal that does not revert ends at its real exit price.
    `is_known` false: the book was lost meanwhile, so nothing is claimed. Only those that are
    `is_whole` count in any rate: seen for all of the time, to the end. Journals from before that
    was noted ended with the first half-way return, so nobody knows it of theirs.
    """

    id: SignalId
    market: MarketId
    kind: SignalKind
    reverted: bool
    after: Ns
    best: Price
    worst: Price
    net: Cash
    is_known: bool = True
    is_whole: bool = False


class SignalWorth(Message, frozen=True):
    """What became of earlier signals like this one (G10); for people, so it is not journaled.

    `like` names them, by fewer traits where too few are close. Of `n` cases that were followed for
    all of their time `reverted` came back; below 30 that is all there is. `cut_short` more were
    not, and are in none of this. In millionths, -1 where it is not known: the share
    (`rate_ppm`) with its interval (`low_ppm`, `high_ppm`); `back_ppm`, the median part of `back_n`
    moves that came back at most within the time, by which this one ends at `back_to` (0:
    not known); `chance_ppm`, what the score says by `chance_n` cases with such a score;
    `learned_ppm`, what a model of the features says if it beat the plain rate on `learned_n` cases
    it had not seen (0: not tried yet).

    `median` is the median time of those that came back, 0 not known. `net` is the mean of one
    contract (1e-6 USD) after fee, spread and delay over `net_n` (0: such a signal advises no
    trade), with 95 % between `net_low` and `net_high`, counted over `clusters` events; below 2
    there is no interval. Not `is_held_out`: some of them were there when the thresholds were
    chosen.
    """

    id: SignalId
    like: str
    n: int
    reverted: int
    rate_ppm: int = -1
    low_ppm: int = -1
    high_ppm: int = -1
    median: Ns = 0
    net: Cash = 0
    net_low: Cash = 0
    net_high: Cash = 0
    clusters: int = 0
    back_ppm: int = -1
    back_n: int = 0
    chance_ppm: int = -1
    chance_n: int = 0
    learned_ppm: int = -1
    learned_n: int = 0
    is_held_out: bool = False
    net_n: int = 0
    back_to: Price = 0
    cut_short: int = 0
