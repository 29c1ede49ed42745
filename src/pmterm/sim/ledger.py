"""Who has what on the local exchange: money, holdings, and every change of them."""

from collections import defaultdict
from enum import StrEnum

import msgspec

from pmterm.model.errors import Impossible
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Cash, Ns, Price, Qty
from pmterm.sim.accounts import Purse

CROWD = "crowd"  # everybody without an account; it may owe money


class EntryKind(StrEnum):
    """Why an account has more or less."""

    DEPOSIT = "deposit"
    TRANSFER = "transfer"
    TRADE = "trade"
    FEE = "fee"
    NETTING = "netting"
    PAYOUT = "payout"
    REVERSAL = "reversal"


class Entry(msgspec.Struct, frozen=True):
    """One change: `cash` into `purse`, and `yes` and `no` contracts of `market`, all signed."""

    at: Ns
    account: str
    kind: EntryKind
    purse: Purse
    cash: Cash = 0
    market: MarketId = MarketId("")
    yes: Qty = 0
    no: Qty = 0
    order: str = ""
    trade: str = ""


class Leg(msgspec.Struct, frozen=True):
    """One side of a trade: whose it is, which outcome it means, what it pays."""

    account: str = CROWD
    outcome: int = 0
    order: str = ""
    fee: Cash = 0


class Ledger:
    """Accounts, their purses and holdings, in exact integers.

    Polymarket's outcomes are held apart; on Kalshi YES and NO of one market cancel at once and pay
    $1 a pair, and so they do for the crowd everywhere. `collateral` is what backs the pairs of a
    market. Balances may go below zero: refusing an order that is not covered is the dialects'
    business; `overdrawn` tells.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.fees: dict[Venue, Cash] = dict.fromkeys(Venue, 0)
        self.collateral: dict[MarketId, Cash] = {}
        self._rest: dict[Venue, Cash] = dict.fromkeys(Venue, 0)  # payouts' fractions
        self._cash: dict[str, dict[Purse, Cash]] = defaultdict(dict)
        self._held: dict[MarketId, dict[str, list[Qty]]] = defaultdict(dict)
        self._venues: dict[MarketId, Venue] = {}

    def accounts(self) -> list[str]:
        """Return every account that ever had money, the crowd aside."""
        return [account for account in self._cash if account != CROWD]

    def purses(self, account: str) -> dict[Purse, Cash]:
        """Return an account's money by purse."""
        return dict(self._cash.get(account, {}))

    def cash(self, account: str, purse: Purse) -> Cash:
        """Return what lies in a purse, 0 where there is none."""
        return self._cash.get(account, {}).get(purse, 0)

    def holding(self, account: str, market: MarketId, outcome: int) -> Qty:
        """Return how many contracts of an outcome an account holds."""
        return self._held.get(market, {}).get(account, [0, 0])[outcome]

    def position(self, account: str, market: MarketId) -> Qty:
        """Return YES less NO."""
        yes, no = self._held.get(market, {}).get(account, [0, 0])
        return yes - no

    def markets(self, account: str) -> list[MarketId]:
        """Return where an account holds something."""
        return [market for market, held in self._held.items() if any(held.get(account, ()))]

    def deposit(self, at: Ns, account: str, purse: Purse, cash: Cash) -> None:
        """Bring money in (or take it out: negative); 0 opens the purse."""
        self._write(Entry(at, account, EntryKind.DEPOSIT, purse, cash))

    def transfer(self, at: Ns, account: str, source: Purse, target: Purse, cash: Cash) -> None:
        """Move money between two purses of an account on one venue.

        Raises:
            Impossible: the purses are of two venues.
        """
        if source.venue is not target.venue:
            raise Impossible("money does not move between venues")
        self._write(Entry(at, account, EntryKind.TRANSFER, source, -cash))
        self._write(Entry(at, account, EntryKind.TRANSFER, target, cash))

    def trade(
        self,
        at: Ns,
        market: Market,
        trade: str,
        *,
        price: Price,
        qty: Qty,
        buyer: Leg,
        seller: Leg,
    ) -> tuple[Cash, Cash]:
        """Exchange `qty` contracts at a YES price; returns what buyer and seller got, fees aside.

        The YES leg is `price * qty` rounded down to 1e-6 USD; the NO leg is the rest of the dollar,
        so that nothing is made or lost.
        """
        before = len(self.entries)
        yes_cash = price * qty // PRICE_ONE
        got = (
            self._leg(at, market, trade, buyer, side=Side.BUY, qty=qty, yes_cash=yes_cash),
            self._leg(at, market, trade, seller, side=Side.SELL, qty=qty, yes_cash=yes_cash),
        )
        self._back(market.id, self.entries[before:])
        for leg in (buyer, seller):
            self._charge(at, market, trade, leg)
        return got

    def reverse(self, at: Ns, trade: str) -> None:
        """Undo a trade, fees included.

        Raises:
            Impossible: there is no such trade, or it was undone before.
        """
        entries = [entry for entry in self.entries if entry.trade == trade]
        if not entries or any(entry.kind is EntryKind.REVERSAL for entry in entries):
            raise Impossible(f"no trade {trade} to undo")
        undone = [_opposite(at, entry) for entry in entries]
        for entry, opposite in zip(entries, undone, strict=True):
            self._write(opposite)
            if entry.kind is EntryKind.FEE:
                self.fees[entry.purse.venue] += entry.cash
        market = entries[0].market
        self._back(market, [u for u, e in zip(undone, entries, strict=True) if e.yes or e.no])

    def resolve(self, at: Ns, market: Market, payout: Price) -> dict[str, Entry]:
        """Pay every holder: a YES `payout`, a NO the rest of a dollar; rounded down.

        Returns the crowd's payment, too, by account.
        """
        purse = Purse(market.venue, market.shard)
        paid: dict[str, Entry] = {}
        for account, (yes, no) in list(self._held.get(market.id, {}).items()):
            if yes or no:
                cash = (yes * payout + no * (PRICE_ONE - payout)) // PRICE_ONE
                entry = Entry(at, account, EntryKind.PAYOUT, purse, cash, market.id, -yes, -no)
                paid[account] = entry
                self._write(entry)
        locked = self.collateral.pop(market.id, 0)
        self._rest[market.venue] += locked - sum(entry.cash for entry in paid.values())
        return paid

    def overdrawn(self) -> list[str]:
        """Name every purse and holding of an account that is below zero."""
        found = [
            f"{account} {purse.venue}/{purse.shard}: {cash}"
            for account in self.accounts()
            for purse, cash in self._cash[account].items()
            if cash < 0
        ]
        return found + [
            f"{account} {market}: {held}"
            for market, holders in self._held.items()
            for account, held in holders.items()
            if account != CROWD and min(held) < 0
        ]

    def check(self) -> None:
        """Prove that nothing was made or lost.

        Raises:
            Impossible: a sum is wrong; it says which.
        """
        self._check_holdings()
        for venue in Venue:
            deposits = sum(
                entry.cash
                for entry in self.entries
                if entry.kind is EntryKind.DEPOSIT and entry.purse.venue is venue
            )
            cash = sum(
                amount
                for purses in self._cash.values()
                for purse, amount in purses.items()
                if purse.venue is venue
            )
            locked = sum(c for m, c in self.collateral.items() if self._venues[m] is venue)
            there = cash + locked + self.fees[venue] + self._rest[venue]
            if there != deposits:
                raise Impossible(f"{venue}: {there} is there, {deposits} was paid in")

    def _check_holdings(self) -> None:
        for market, holders in self._held.items():
            yes = sum(held[0] for held in holders.values())
            no = sum(held[1] for held in holders.values())
            if not yes == no == self.collateral.get(market, 0):
                locked = self.collateral.get(market, 0)
                raise Impossible(f"{market}: {yes} YES, {no} NO, {locked} behind them")
        sums: dict[tuple[str, Purse], Cash] = defaultdict(int)
        for entry in self.entries:
            sums[entry.account, entry.purse] += entry.cash
        for (account, purse), cash in sums.items():
            if cash != self.cash(account, purse):
                raise Impossible(f"{account} {purse}: entries say {cash}")

    def _leg(
        self,
        at: Ns,
        market: Market,
        trade: str,
        leg: Leg,
        *,
        side: Side,
        qty: Qty,
        yes_cash: Cash,
    ) -> Cash:
        """Book one side of a trade; returns the cash it got, a netted pair's dollar included."""
        purse = Purse(market.venue, market.shard)
        nets = market.venue is Venue.KALSHI or leg.account == CROWD
        is_yes = side is Side.BUY if nets else leg.outcome == 0
        sign = 1 if side is Side.BUY else -1
        cash = -sign * yes_cash if is_yes else sign * (qty - yes_cash)
        yes, no = (sign * qty, 0) if is_yes else (0, -sign * qty)
        kind = EntryKind.TRADE
        self._write(Entry(at, leg.account, kind, purse, cash, market.id, yes, no, leg.order, trade))
        held = self._held[market.id][leg.account]
        pairs = min(held) if nets else 0
        if pairs > 0:
            kind = EntryKind.NETTING
            self._write(
                Entry(
                    at, leg.account, kind, purse, pairs, market.id, -pairs, -pairs, leg.order, trade
                )
            )
        return cash + max(pairs, 0)

    def _charge(self, at: Ns, market: Market, trade: str, leg: Leg) -> None:
        if not leg.fee:
            return
        purse = Purse(market.venue, market.shard)
        kind = EntryKind.FEE
        self._write(
            Entry(at, leg.account, kind, purse, -leg.fee, market.id, 0, 0, leg.order, trade)
        )
        self.fees[market.venue] += leg.fee

    def _back(self, market: MarketId, entries: list[Entry]) -> None:
        """Lock what was paid for new pairs, release what was paid out for old ones."""
        change = -sum(entry.cash for entry in entries)
        self.collateral[market] = self.collateral.get(market, 0) + change

    def _write(self, entry: Entry) -> None:
        self.entries.append(entry)
        purses = self._cash[entry.account]
        purses[entry.purse] = purses.get(entry.purse, 0) + entry.cash
        if entry.market:
            self._venues[entry.market] = entry.purse.venue
            held = self._held[entry.market].setdefault(entry.account, [0, 0])
            held[0] += entry.yes
            held[1] += entry.no


def _opposite(at: Ns, entry: Entry) -> Entry:
    return msgspec.structs.replace(
        entry,
        at=at,
        kind=EntryKind.REVERSAL,
        cash=-entry.cash,
        yes=-entry.yes,
        no=-entry.no,
    )
