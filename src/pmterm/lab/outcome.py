"""What one run over one recording came to: plain records that can be kept, sent and compared."""

import msgspec

from pmterm.model.ids import MarketId, SignalId
from pmterm.model.order import Side
from pmterm.model.units import Cash, Ns, Price, Qty


class Trade(msgspec.Struct, frozen=True):
    """A position from flat to flat in one market.

    `side` is which way it was opened and `qty` the most that was held. `entry` and `exit` are
    average YES prices (1e-4 USD; `exit` a settlement's payout, 0 while nothing was closed), `net`
    what it earned after `fees` (1e-6 USD). `strategy` is who asked for it, `signal` what it acted
    on ("" where nothing). Not `is_known`: nobody saw the book all the while, or the recording
    ended first; `reason` says which, and such a trade is in no figure. `reverted_after` is how long
    the price took to come back after the signal, -1: it did not.
    """

    market: MarketId
    strategy: str
    signal: SignalId
    kind: str
    side: Side
    qty: Qty
    entered_at: Ns
    left_at: Ns
    entry: Price
    exit: Price
    fees: Cash
    net: Cash
    reason: str
    is_known: bool = True
    reverted_after: Ns = -1


class Gap(msgspec.Struct, frozen=True):
    """A stretch in which nobody knows what a market's book was ("" for all of them)."""

    market: MarketId
    since: Ns
    until: Ns
    reason: str


class Followed(msgspec.Struct, frozen=True):
    """A signal, and what became of it; `net` of one contract (1e-6 USD), `after` in ns.

    Not `is_whole`: its time was cut short (book lost, market or recording ended), so it counts in
    no rate. `event` is its market's, "" where that was not told.
    """

    id: SignalId
    market: MarketId
    kind: str
    at: Ns
    score_ppm: int
    reverted: bool = False
    after: Ns = 0
    net: Cash = 0
    is_whole: bool = False
    event: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """One run. `hash` is that of its decisions, as a session's journal would have it.

    `refused` counts the gate's refusals by rule, `rejected` the signals that almost were, by kind
    and what was missing. `without_book` are markets whose book was never told, or as empty.
    `stopped_at` is where the run was cut short, 0: nowhere. `markets` were watched; `made_by` is
    what the recording says of where it was made. `failed` are strategies that broke, each as
    "name: how"; from there on it was off.
    """

    recording: str
    hash: str
    decisions: int
    inputs: int
    first_at: Ns
    last_at: Ns
    cash: Cash
    fees: Cash
    trades: tuple[Trade, ...]
    signals: tuple[Followed, ...]
    refused: dict[str, int]
    rejected: dict[str, int]
    orders: dict[str, int]
    gaps: tuple[Gap, ...]
    without_book: tuple[MarketId, ...]
    settled: tuple[MarketId, ...]
    failed: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    stopped_at: Ns = 0
    markets: tuple[MarketId, ...] = ()
    made_by: str = ""
