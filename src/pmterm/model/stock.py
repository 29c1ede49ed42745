"""What one market's fills, corrections and payouts add up to, as long as fills may be taken back.

A fill that fails to settle never was: what came after it is worked out again without it, so that
cost, profit and cash are what they would have been.
"""

from typing import Final, TypeAlias, TypeGuard

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
    dollar is tied up in each pair of them. `cash` is all that came in less all that went out;
    `due` is what a resolved market owes for shares that must be redeemed first.
    """

    held: Holding = FLAT
    yes: Qty = 0
    no: Qty = 0
    cash: Cash = 0
    payout: Price = -1
    due: Cash = 0

    @property
    def pairs(self) -> Qty:
        """How many pairs of both outcomes are held; each is worth a dollar."""
        return min(self.yes, self.no)


class Stock:
    """One market's holding.

    `is_split`: the venue keeps both outcomes apart and settles fills later (Polymarket), so that
    buying NO does not sell YES. `pays_late`: a fill heard of after the payout is paid out at once.

    Entries behind a fill that never settles are kept, with what they add up to one by one, so that
    a fill that moves costs no more work than what came after it.
    """

    def __init__(self, *, is_split: bool = False, pays_late: bool = False) -> None:
        self._is_split = is_split
        self._pays_late = pays_late
        self._base = Sum()
        self._later: list[Entry] = []  # from the oldest fill on that may yet be taken back
        # What they add up to, each with all before it: all of them (None), and without the
        # unsettled fills of a side. The lists of the sides are made as far as somebody asked.
        self._totals: dict[Side | None, list[Sum]] = {None: [], Side.BUY: [], Side.SELL: []}
        self._settling = [0, 0]  # bought of each outcome and not settled yet
        self._open = dict.fromkeys(Side, 0)  # fills not settled yet
        self.now = Sum()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held of either outcome."""
        return not (self.now.held.qty or self.now.yes or self.now.no)

    def add(self, entry: Entry) -> Booked:
        """Count one more entry; return what it changed."""
        self.now, booked = self._fold(self.now, entry)
        if self._later or _may_fail(entry):
            self._later.append(entry)
            self._totals[None].append(self.now)
            self._count(entry, 1)
        else:
            self._base = self.now
        return booked

    def moved(self, fill: FillId, state: FillState) -> Booked | None:
        """Note how far a fill has come; None if that changes nothing or is not known any more."""
        for place in reversed(range(len(self._later))):
            entry = self._later[place]
            if not _may_fail(entry) or entry.id != fill:
                continue
            self._count(entry, -1)
            if state is FillState.FAILED:
                return self._take_back(place, entry.side)
            self._later[place] = msgspec.structs.replace(entry, state=state)
            self._count(self._later[place], 1)
            if state.is_final:
                del self._totals[entry.side][place:]
            return self._changed(self.now)
        return None

    def held_of(self, outcome: int) -> Qty:
        """Return what is held of an outcome, settled or not, 0 or more."""
        if self._is_split:
            return max(0, self.now.no if outcome else self.now.yes)
        return max(0, -self.now.held.qty if outcome else self.now.held.qty)

    def settling_of(self, outcome: int) -> Qty:
        """Return how much of what is held of an outcome cannot be sold yet."""
        return min(self._settling[outcome], self.held_of(outcome)) if self._is_split else 0

    def is_settling(self, side: Side) -> bool:
        """Tell whether a fill of a side may yet be taken back."""
        return self._open[side] > 0

    def ways(self) -> tuple[Holding, ...]:
        """Return what may be held in the end: as it is, and if one side's unsettled fills fail.

        What lies between these is no worse than one of them.
        """
        return (self.now.held, *(self._total(side).held for side in Side if self._open[side]))

    def _count(self, entry: Entry, sign: int) -> None:
        """Count a fill among those not settled yet, or (-1) no more."""
        if _may_fail(entry):
            self._open[entry.side] += sign
            if entry.acquires:
                self._settling[entry.outcome] += sign * entry.qty

    def _take_back(self, place: int, side: Side) -> Booked:
        """Work out anew what came after a fill that never was."""
        before = self.now
        del self._later[place]
        for without, totals in self._totals.items():
            del totals[place : place + 1 if without is side else None]
        self.now = self._total(None)
        return self._changed(before)

    def _total(self, without: Side | None) -> Sum:
        """Return what all entries come to, without the unsettled fills of a side."""
        totals = self._totals[without]
        total = totals[-1] if totals else self._base
        for entry in self._later[len(totals) :]:
            if not (_may_fail(entry) and entry.side is without):
                total, _ = self._fold(total, entry)
            totals.append(total)
        return total

    def _changed(self, before: Sum) -> Booked:
        """Settle what cannot be taken back any more; return what has changed since `before`."""
        settled = next(
            (n for n, entry in enumerate(self._later) if _may_fail(entry)), len(self._later)
        )
        if settled:
            self._base = self._totals[None][settled - 1]
            del self._later[:settled]
            for totals in self._totals.values():
                del totals[:settled]
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
                paid = booked.cash + old.pairs
                cash, due = (0, paid) if self._is_split else (paid, 0)
                after = Sum(
                    booked.holding, cash=old.cash + cash, payout=entry.payout, due=old.due + due
                )
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
        after = msgspec.structs.replace(
            old, held=booked.holding, yes=old.yes + to_yes, no=old.no + to_no
        )
        cash = old.cash + booked.cash - (after.pairs - old.pairs)
        return msgspec.structs.replace(after, cash=cash)


def _may_fail(entry: Entry) -> TypeGuard[Traded]:
    return isinstance(entry, Traded) and not entry.state.is_final


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
