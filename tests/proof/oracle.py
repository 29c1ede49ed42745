"""Holds what pmterm believes against the exchange's own ledger: at each step, and in the end."""

from collections import Counter

from tests.live.evening import DELAYED, KALSHI, POLY
from tests.proof.life import LIMITS, Life

from pmterm.live.audit.audit import audit
from pmterm.live.orders import GIVEN_UP
from pmterm.messages.live import CashSeen
from pmterm.messages.orders import Approved, Fill, FillMoved, OrderNamed, OrderReport, PlaceOrder
from pmterm.model.holding import worst_loss
from pmterm.model.ids import Venue
from pmterm.model.ledger import Ledger
from pmterm.model.order import FillState, OrderState, Side, TimeInForce
from pmterm.model.stock import Traded
from pmterm.sim.accounts import KALSHI_PURSE, POLYMARKET_PURSE
from pmterm.sim.exchange_orders import Reversed, Standing
from pmterm.trading.risk.live_checks import goes_unarmed

MARKETS = (POLY, DELAYED, KALSHI)
PURSES = {Venue.POLYMARKET: POLYMARKET_PURSE, Venue.KALSHI: KALSHI_PURSE}
DONE = {
    Standing.FILLED: {OrderState.FILLED},
    Standing.CANCELLED: {OrderState.CANCELLED},
    Standing.EXPIRED: {OrderState.EXPIRED, OrderState.CANCELLED},
    Standing.RESTING: {OrderState.OPEN, OrderState.PARTIAL},
    Standing.DELAYED: {OrderState.SENT},
    Standing.REFUSED: {OrderState.REFUSED, OrderState.CANCELLED},
}
FAILED = FillState.FAILED
FEE_STEP = 10  # Polymarket rounds a fee to a hundred-thousandth of a dollar


class Oracle:
    """What is true, from the exchange alone, and every word of pmterm's that does not fit."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.exchange = life.exchange.exchange
        self.foreign: set[str] = set()  # client ids and ids of what the stranger ordered
        self.hidden_long: set[str] = set()
        self.wrong = life.wrong
        self.reversed: set[str] = set()
        self.arrived: Counter[str] = Counter()
        self.exchange.on_account.append(self._happened)

    def listens(self):
        return {OrderReport: self._reported, Approved: self._approved, PlaceOrder: self._placed}

    # At each step

    def says(self, words):
        self.wrong.append(f"{self.life.exchange.clock.now()} {words}")

    def ours(self):
        """The venue's orders of ours, by the name we gave them."""
        return {
            name: order
            for order in self.exchange.orders.values()
            if (name := order.client_id or order.id) not in self.foreign and order.account == "ann"
        }

    def _named(self):
        return {
            named.order: self.by_name(named.venue_order)
            for named in self.life.journal.messages
            if isinstance(named, OrderNamed)
        }

    def by_name(self, name):
        found = self.exchange.orders.get(name)
        return found or next(
            (o for o in self.exchange.orders.values() if o.client_id == name), None
        )

    def _happened(self, event):
        if isinstance(event, Reversed):
            self.reversed.add(event.trade_id)
        if over := self.exchange.ledger.overdrawn():
            self.says(f"oversold: {over}")
        if not self.foreign:
            self._check_limits()

    def _check_limits(self):
        """The most our positions and open orders can lose, by the exchange's books alone."""
        total = 0
        for market in MARKETS:
            ledger = self.belief_of_fills(market.venue)
            offers = {Side.BUY: [], Side.SELL: []}
            for order in self.exchange.open_orders("ann"):
                if order.market == market.id:
                    offers[order.side].append((order.price, order.open))
            worst = worst_loss(ledger.held(market.id), *offers.values())
            total += worst
            if worst > LIMITS.max_position:
                self.says(f"limit overshot in {market.slug}: {worst}")
        if total > LIMITS.max_total:
            self.says(f"limit overshot: {total}")

    def belief_of_fills(self, venue):
        """A ledger of what the exchange says has traded, what was undone left out."""
        ledger = Ledger()
        ledger.started(0, is_live=True)
        for market in MARKETS:
            ledger.market_seen(market)
        for number, fill in enumerate(self.exchange.fills):
            market = next(m for m in MARKETS if m.id == fill.order.market)
            if market.venue is venue and fill.trade_id not in self.reversed:
                order = fill.order
                side = order.side
                if order.account == "ann":
                    ledger.filled(
                        market.id,
                        Traded(str(number), side, fill.price, fill.qty, fill.fee, order.outcome),
                    )
        return ledger

    def _reported(self, report):
        """What is said to be over is over, and no more is said to have traded than has."""
        named = self._named()
        if report.order not in named:
            return
        order = named[report.order]
        if order is None:
            if report.filled or report.state in {OrderState.OPEN, OrderState.FILLED}:
                self.says(f"{report.order} is {report.state} and never was: {report.reason}")
            return
        is_open = order.standing.is_open
        if report.state.is_final and is_open and order.id not in self.hidden_long:
            self.says(f"{report.order} is open and said to be {report.state}: {report.reason}")
        if report.state is OrderState.CANCELLED and self._is_whole(order):
            self.says(f"{report.order} has filled and is said to be cancelled: {report.reason}")
        if report.filled > order.filled:
            self.says(f"{report.order}: {report.filled} said to be filled, {order.filled} is")

    def _is_whole(self, order):
        """Whether all of an order traded, and nothing of it can come undone."""
        is_resting = order.tif is TimeInForce.GTC and not order.extra.get("cut")
        return is_resting and order.standing is Standing.FILLED and not self.undone_of(order)

    def _approved(self, approved):
        if self.life.is_dead or not approved.reserved or self.foreign:
            return
        for use in self.life.here.gate.uses(approved.intent.market):
            if use.used_ppm > 1_000_000 and use.rule in {"R1", "R2", "R5"}:
                self.says(f"{approved.intent.order} approved over a limit: {use}")

    def _placed(self, place):
        gate = self.life.here.gate
        if gate.armed is None and not goes_unarmed(place.intent):
            self.says(f"{place.intent.order} placed unarmed")
        if gate.state.value == "halted":
            self.says(f"{place.intent.order} placed while halted")

    # When all is quiet

    def check_all(self):
        self._check_once()
        self._check_orders()
        self._check_fills()
        self._check_holdings()
        self._check_cash()
        self._check_journal()
        self.exchange.ledger.check()

    def _check_journal(self):
        """What `pmterm audit` says of the journal; a stranger's orders know no limits."""
        for finding in audit(self.life.journal.messages, LIMITS):
            if finding.wrong and not (self.foreign and finding.name.startswith("I5")):
                self.says(f"{finding.name}: {finding.wrong[:3]}")

    def _check_once(self):
        for what, times in [*self.life.granted.items(), *self.arrived.items()]:
            if times > 1:
                self.says(f"sent {times} times: {what[:150]}")
        named = [m.venue_order for m in self.life.journal.messages if isinstance(m, OrderNamed)]
        if len(set(named)) != len(named):
            self.says("a name was given twice")
        for name in self.ours():
            if name not in named:
                self.says(f"order {name} is in no journal")

    def _check_orders(self):
        executor = self.life.here.executor
        for ours, theirs in self._named().items():
            known = executor.order(ours)
            if known is None:
                self.says(f"{ours} was forgotten")
            elif theirs is None:
                # a FOK that was killed never was an order, and was cancelled, too
                if known.state not in {OrderState.REFUSED, OrderState.CANCELLED} or known.filled:
                    self.says(f"{ours} is {known.state} and never was there: {known.reason}")
            else:
                self._check_order(ours, known, theirs)

    def _check_order(self, ours, known, theirs):
        undone = self.undone_of(theirs)
        allowed = DONE[theirs.standing]
        if undone or theirs.extra.get("cut"):
            allowed = allowed | {OrderState.CANCELLED, OrderState.FILLED, OrderState.PARTIAL}
        if known.reason.startswith(GIVEN_UP) and not (theirs.standing.is_open or theirs.filled):
            allowed = {OrderState.REFUSED}  # it came, went, and nobody could be asked meanwhile
        if theirs.tif is not TimeInForce.GTC and known.filled == theirs.filled > 0:
            allowed = {OrderState.FILLED, OrderState.CANCELLED}  # dollars buy what they buy
        if known.state not in allowed:
            self.says(f"{ours} is {known.state}, the venue has it {theirs.standing} {theirs.why}: "
                      f"{known.reason}")  # fmt: skip
        if known.filled != theirs.filled - undone:
            self.says(f"{ours}: {known.filled} filled, the venue has {theirs.filled} - {undone}")
        if not known.state.is_final and (known.price, known.qty) != (theirs.price, theirs.qty):
            self.says(f"{ours} is {known.qty} at {known.price}, the venue has {theirs.qty} at "
                      f"{theirs.price}")  # fmt: skip

    def undone_of(self, order):
        return sum(
            fill.qty
            for fill in self.exchange.fills
            if fill.order is order and fill.trade_id in self.reversed
        )

    def _check_fills(self):
        """Every contract that traded is counted once, for the order it is of."""
        ours, venue = self._counted(), Counter()
        for fill in self.exchange.fills:
            if fill.order.account == "ann" and fill.trade_id not in self.reversed:
                venue[fill.order.id] += fill.qty
        for order in {*ours, *venue}:
            if ours[order] != venue[order]:
                self.says(f"fills of {order}: {ours[order]} counted, {venue[order]} traded")

    def _counted(self):
        """What the journal's fills add up to, by the venue's order."""
        messages = self.life.journal.messages
        known = {m.order: m.venue_order for m in messages if hasattr(m, "venue_order")}
        states = {m.fill: m.state for m in messages if isinstance(m, FillMoved)}
        fills = [m for m in messages if isinstance(m, Fill)]
        if len({fill.id for fill in fills}) < len(fills):
            self.says("a fill was counted twice")
        ours = Counter()
        for fill in fills:
            if states.get(fill.id, fill.state) is not FAILED:
                ours[self.theirs_of(known, fill.order)] += fill.qty
        return ours

    def theirs_of(self, known, order):
        name = known.get(order, order)
        found = self.by_name(name)
        return found.id if found is not None else name

    def _check_holdings(self):
        ledger = self.life.here.gate._exposure.ledger
        for market in MARKETS:
            for outcome in (0, 1):
                theirs = self.exchange.ledger.holding("ann", market.id, outcome)
                believed = ledger.held_of(market.id, outcome)
                if believed != theirs:
                    self.says(f"{market.slug}/{outcome}: {believed} held, the venue has {theirs}")
        held = {p.market: p.qty for p in self.life.here.session.parts.portfolio.positions()}
        for market in MARKETS:
            theirs = self.exchange.ledger.position("ann", market.id)
            if held.get(market.id, 0) != theirs:
                self.says(f"{market.slug}: {held.get(market.id, 0)} shown, {theirs} is")

    def _check_cash(self):
        """By what is shown, and by our own sums from the first word of the venue on.

        Ours may be a millionth of a dollar off for each fill that costs a part of one (Polymarket),
        and for each booked after it, which may close what it left (two parts, each of them
        rounded), until the venue's word replaces it; after a crash the order of booking is that of
        the venue's list. So may a fee, whose rounding is the venue's where one order of
        ours takes several others of ours at once.
        """
        believed = self.life.here.gate._exposure.ledger
        for words, ledger in (("cash", believed), ("our sums say", self._own_sums())):
            for venue, purse in PURSES.items():
                theirs = self.exchange.ledger.cash("ann", purse)
                market = next(m for m in MARKETS if m.venue is venue)
                broken = [
                    f.price * f.qty % 10_000 > 0
                    for f in self.exchange.fills
                    if f.order.market in {POLY.id, DELAYED.id} and market is POLY
                ]
                most = len(broken) if any(broken) else 0
                most += FEE_STEP * self._met_ourselves(market.venue)
                if abs(ledger.purse(market.id) - theirs) > most:
                    self.says(f"{venue}: {words} {ledger.purse(market.id)}, the venue has {theirs}")

    def _met_ourselves(self, venue):
        return sum(
            fill.other_account == fill.order.account
            for fill in self.exchange.fills
            if venue is Venue.POLYMARKET
        )

    def _own_sums(self):
        ledger = Ledger()
        ledger.started(0, is_live=True)
        for market in MARKETS:
            ledger.market_seen(market)
        seen = set()
        for message in self.life.journal.messages:
            if isinstance(message, CashSeen) and message.venue not in seen:
                seen.add(message.venue)
                ledger.cash_seen(message.venue, message.cash)
            elif isinstance(message, Fill):
                ledger.filled(message.market, message.traded)
            elif isinstance(message, FillMoved):
                ledger.moved(message.market, message.fill, message.state)
        return ledger
