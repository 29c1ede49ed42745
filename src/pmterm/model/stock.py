"""What one market's fills, corrections and payouts add up to, as long as fills may be taken back.

A fill that fails to settle never was: what came after it is worked out again without it, so that
cost, profit and cash are what they would have been.
"""

from typing import Final, TypeAlias

import msgspec

from pmterm.model.holding import FLAT, Booked, Holding
from pmterm.model.ids import FillId
from pmterm.model.order import FillState, Side
from pmterm.model.units import Cash, Price, Qty

YES: Final = 0
NO: Final = 1


class Traded(msgspec.Struct, frozen=True):
    """A fill: `side` and `price` on the YES scale, `outcome` the one that changed hands."""

    id: FillId
    side: Side
    price: Price
    qty: Qty
    fee: Cash
    outcome: int = YES
    state: FillState = FillState.CONFIRMED

    @property
    def signed(self) -> Qty:
        """Its size, below 0 for a sale on the YES scale."""
        return self.qty if self.side is Side.BUY else -self.qty

    @property
    def acquires(self) -> bool:
        """Whether we got its outcome, and did not give it away."""
        return (self.side is Side.BUY) == (self.outcome == YES)


class Adjusted(msgspec.Struct, frozen=True):
    """A correction by `qty` (signed, YES scale), of one outcome or (-1) of whichever fits."""

    qty: Qty
    price: Price
    outcome: int = -1


class Paid(msgspec.Struct, frozen=True):
    """The market was resolved and pays `payout` per YES."""

    payout: Price


Entry: TypeAlias = Traded | Adjusted | Paid


class Sum(msgspec.Struct, frozen=True):
    """What entries add up to.

    `yes` and `no` are what is held of each outcome, kept only where a venue keeps them apart: a
    dollar is tied up in each pair of them. `cash` is all that came in less all that went out.
    """

    held: Holding = FLAT
    yes: Qty = 0
    no: Qty = 0
    cash: Cash = 0
    payout: Price = -1

    @property
    def pairs(self) -> Qty:
        """How many pairs of both outcomes are held; each is worth a dollar."""
        return min(self.yes, self.no)


class Stock:
    """One market's holding.

    `is_split`: the venue keeps both outcomes apart and settles fills later (Polymarket), so that
    buying NO does not sell YES. `pays_late`: a fill heard of after the payout is paid out at once.
    """

    def __init__(self, *, is_split: bool = False, pays_late: bool = False) -> None:
        self._is_split = is_split
        self._pays_late = pays_late
        self._base = Sum()
        self._later: list[Entry] = []  # from the oldest fill on that may yet be taken back
        self.now = Sum()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held of either outcome."""
        return not (self.now.held.qty or self.now.yes or self.now.no)

    def add(self, entry: Entry) -> Booked:
        """Count one more entry; return what it changed."""
        before = self.now
        self.now, booked = self._fold(before, entry)
        if self._later or (isinstance(entry, Traded) and not entry.state.is_final):
            self._later.append(entry)
        else:
            self._base = self.now
        return booked

    def moved(self, fill: FillId, state: FillState) -> Booked | None:
        """Note how far a fill has come; None if that changes nothing or is not known any more."""
        for place, entry in enumerate(self._later):
            if not isinstance(entry, Traded) or entry.id != fill or entry.state.is_final:
                continue
            if state is FillState.FAILED:
                del self._later[place]
            else:
                self._later[place] = msgspec.structs.replace(entry, state=state)
            return self._again()
        return None

    def held_of(self, outcome: int) -> Qty:
        """Return what is held of an outcome, settled or not, 0 or more."""
        if self._is_split:
            return max(0, self.now.no if outcome else self.now.yes)
        return max(0, -self.now.held.qty if outcome else self.now.held.qty)

    def settling_of(self, outcome: int) -> Qty:
        """Return how much of what is held of an outcome cannot be sold yet."""
        if not self._is_split:
            return 0
        pending = sum(
            entry.qty
            for entry in self._later
            if isinstance(entry, Traded)
            and entry.outcome == outcome
            and entry.acquires
            and not entry.state.is_final
        )
        return min(pending, self.held_of(outcome))

    def ways(self) -> tuple[Holding, ...]:
        """Return what may be held in the end: as it is, and if one side's unsettled fills fail.

        What lies between these is no worse than one of them.
        """
        pending = {
            entry.side
            for entry in self._later
            if isinstance(entry, Traded) and not entry.state.is_final
        }
        return (self.now.held, *(self._without(side) for side in Side if side in pending))

    def _without(self, side: Side) -> Holding:
        total = self._base
        for entry in self._later:
            if isinstance(entry, Traded) and entry.side is side and not entry.state.is_final:
                continue
            total, _ = self._fold(total, entry)
        return total.held

    def _again(self) -> Booked:
        """Work out anew what the entries come to; settle what cannot be taken back any more."""
        before = self.now
        while self._later and _is_settled(self._later[0]):
            self._base, _ = self._fold(self._base, self._later.pop(0))
        self.now = self._base
        for entry in self._later:
            self.now, _ = self._fold(self.now, entry)
        old, new = before.held, self.now.held
        return Booked(
            new,
            cash=self.now.cash - before.cash,
            profit=new.realised - old.realised,
            is_over=False,
            trip=new.trip,
            fee=new.fees - old.fees,
        )

    def _fold(self, old: Sum, entry: Entry) -> tuple[Sum, Booked]:
        match entry:
            case Traded():
                return self._fold_fill(old, entry)
            case Adjusted():
                booked = old.held.adjusted(entry.qty, entry.price)
                after = self._moved_by(old, booked, entry.qty, entry.outcome)
                return msgspec.structs.replace(after, cash=old.cash), booked
            case Paid():
                booked = old.held.settled(entry.payout)
                cash = booked.cash + old.pairs
                after = Sum(booked.holding, cash=old.cash + cash, payout=entry.payout)
                return after, msgspec.structs.replace(booked, cash=cash)

    def _fold_fill(self, old: Sum, fill: Traded) -> tuple[Sum, Booked]:
        booked = old.held.filled(fill.side, fill.price, fill.qty, fill.fee)
        after = self._moved_by(old, booked, fill.signed, fill.outcome)
        if self._pays_late and old.payout >= 0:
            paid, more = self._fold(after, Paid(old.payout))
            return paid, _both(booked, more, cash=paid.cash - old.cash)
        return after, msgspec.structs.replace(booked, cash=after.cash - old.cash)

    def _moved_by(self, old: Sum, booked: Booked, signed: Qty, outcome: int) -> Sum:
        """Add a change; a pair that forms ties up a dollar, one that ends frees it."""
        if not self._is_split:
            return Sum(booked.holding, cash=old.cash + booked.cash, payout=old.payout)
        if outcome < 0:  # what there is of the other outcome goes first
            gone = min(abs(signed), max(0, old.no if signed > 0 else old.yes))
            sign = 1 if signed > 0 else -1
            to_yes, to_no = (signed - gone, -gone) if sign > 0 else (-gone, -signed - gone)
        else:
            to_yes, to_no = (0, -signed) if outcome else (signed, 0)
        after = Sum(booked.holding, old.yes + to_yes, old.no + to_no, payout=old.payout)
        cash = old.cash + booked.cash - (after.pairs - old.pairs)
        return msgspec.structs.replace(after, cash=cash)


def _is_settled(entry: Entry) -> bool:
    return not isinstance(entry, Traded) or entry.state.is_final


def _both(first: Booked, second: Booked, cash: Cash) -> Booked:
    """Join a fill and the payout that follows at once."""
    return Booked(
        second.holding,
        cash=cash,
        profit=first.profit + second.profit,
        is_over=first.is_over or second.is_over,
        trip=second.trip if second.is_over else first.trip,
        fee=first.fee,
    )
