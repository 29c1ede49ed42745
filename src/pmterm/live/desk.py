"""One venue's desk: every order there, from the wish to its proven end."""

from collections.abc import Callable, Sequence
from typing import Any

from pmterm.live.asking import Asking
from pmterm.live.dead_man import DeadMan
from pmterm.live.fills import FillBook
from pmterm.live.holdings import Holdings
from pmterm.live.judging import Judge
from pmterm.live.link import Link
from pmterm.live.orders import LiveOrder, OrderTable, foreign_order
from pmterm.live.queues import Queues
from pmterm.live.readiness import Readiness
from pmterm.live.reconcile import Rounds, Theirs
from pmterm.live.settings import LiveSettings
from pmterm.live.timing import Waterfalls
from pmterm.live.trades import Trades
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketStatusSeen
from pmterm.messages.live import Reconciled
from pmterm.messages.orders import (
    AmendOrder,
    OrderAdopted,
    OrderNamed,
    OrderReport,
    PlaceOrder,
    WithdrawOrder,
)
from pmterm.messages.said import (
    AmendAccepted,
    BeatAnswered,
    FillSeen,
    HoldingSeen,
    ListEnded,
    MoneySeen,
    MoodSeen,
    OrderAccepted,
    OrderDeclined,
    OrderMissing,
    OrderSeen,
    OrderUnclear,
    QueueSeen,
    WithdrawAnswered,
)
from pmterm.messages.transport import HttpResponse, UserClosed, UserFrame, UserOpened
from pmterm.model.dust import DUST
from pmterm.model.errors import VenueRefused
from pmterm.model.fees import FeeMeter, FeeSchedule
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.market import Market
from pmterm.model.order import OrderState, TimeInForce
from pmterm.model.units import MS, Ns
from pmterm.venues.base import Orders

PLACE = "place:"


class VenueDesk:
    """Turns wishes into requests and the venue's words into what is proven.

    `markets` is shared with whoever learns of markets. Nothing here sends: requests go back to
    the engine as wishes, and everything else as events.
    """

    def __init__(
        self, wing: Orders, markets: dict[MarketId, Market], settings: LiveSettings
    ) -> None:
        self.venue = wing.venue
        self._wing = wing
        self._markets = markets
        self.table = OrderTable()
        self.book = FillBook()
        self._times = Waterfalls(wing.venue)
        self._judge = Judge(self.table, markets)
        self.trades = Trades(self.table, self.book, self._times, markets)
        self.holdings = Holdings(wing.venue, self.table, self.book, self.trades)
        self.rounds = Rounds(wing)
        self._asking = Asking(wing, self.table, self.trades)
        self._queues = Queues(wing, self.table)
        self._ready = Readiness(wing.venue, wants_dead_man=settings.dead_man and wing.has_dead_man)
        self._link = Link(wing.venue)
        self._dead_man = DeadMan(wing, is_wanted=settings.dead_man)
        self._named: dict[OrderId, OrderNamed | str] = {}
        self._leaving: list[LiveOrder] = []
        self._hears: dict[type[Message], Callable[[Any], Sequence[Message]]] = {
            OrderAccepted: self._judge.accepted,
            OrderDeclined: self._judge.declined,
            OrderUnclear: self._judge.unclear,
            AmendAccepted: self._judge.amended,
            WithdrawAnswered: self._judge.withdrawn,
            OrderSeen: self._order_seen,
            OrderMissing: self._judge.missing,
            FillSeen: self.trades.seen,
            QueueSeen: self._queues.seen,
            ListEnded: self._list_ended,
            HoldingSeen: self._holding_seen,
            MoneySeen: self._money_seen,
            BeatAnswered: self._beat_answered,
            MoodSeen: self._mood_seen,
            MarketStatusSeen: self._status_seen,
        }

    def learn(self, market: Market) -> None:
        """Know a market."""
        self._wing.learn(market)

    def prepare(self, place: PlaceOrder) -> Sequence[Message]:
        """Name an order and write its bytes; what cannot be sent is remembered with why."""
        intent = place.intent
        try:
            named = self._wing.name(intent, self._markets[intent.market], place.outcome)
        except VenueRefused as refused:
            self._named[intent.order] = str(refused)
            return ()
        self._named[intent.order] = named
        return (named,)

    def unsent(self, order: OrderId) -> None:
        """Forget an order that could not be written down: it is not sent."""
        self._named.pop(order, None)

    def place(self, place: PlaceOrder) -> Sequence[Message]:
        """Send a named order, once."""
        order = self.take_on(place)
        named = self._named.pop(order.id, "it has no name")
        if isinstance(named, str):
            return (order.report(place.at, OrderState.REFUSED, named),)
        self.rename(order, named)
        self._times.placed(order.id, place.at)
        self.rounds.order_out(place.at)
        request = self._wing.place(named, place.at)
        return (request, order.report(place.at, OrderState.SENT))

    def take_on(self, place: PlaceOrder) -> LiveOrder:
        """Keep an order that is about to be sent."""
        intent = place.intent
        market = self._markets.get(intent.market)
        order = LiveOrder(
            id=intent.order,
            market=intent.market,
            side=intent.side,
            price=intent.price,
            qty=intent.qty,
            tif=intent.tif,
            meter=FeeMeter(market.fees if market else FeeSchedule()),
            outcome=place.outcome,
            sent_at=place.at,
        )
        self.table.add(order)
        return order

    def rename(self, order: LiveOrder, named: OrderNamed) -> None:
        """Note the name an order goes out under."""
        order.named = named.venue_order
        order.outcome = named.outcome
        self.table.name(order)

    def recall_adopted(self, adopted: OrderAdopted) -> None:
        """Take in an order that the journal says was adopted."""
        order = self.table.get(adopted.order)
        if order is None:
            market = self._markets.get(adopted.market)
            order = foreign_order(adopted, TimeInForce.GTC, market)
        order.state, order.is_ours = OrderState.OPEN, adopted.is_ours
        order.is_leaving, order.was_given_up = adopted.is_ours, False
        order.id, order.filled = adopted.order, max(order.filled, adopted.filled)
        self.table.add(order)

    def amend(self, amend: AmendOrder) -> Sequence[Message]:
        """Ask for an order to be changed."""
        intent = amend.intent
        order = self.table.get(amend.order)
        if order is None or not order.is_working:
            return (_amend_refused(amend, order, "the order works no more"),)
        market = self._markets[intent.market]
        try:
            request = self._wing.amend(order.sent(), intent, market, amend.at)
        except VenueRefused as refused:
            return (_amend_refused(amend, order, str(refused)),)
        if request is None:
            why = "this venue changes no orders: take it back and place it anew"
            return (_amend_refused(amend, order, why),)
        self.table.amend(order, intent)
        return (request,)

    def withdraw(self, ask: WithdrawOrder) -> Sequence[Message]:
        """Want an order back; all that are wanted at once go out in one request."""
        order = self.table.get(ask.order)
        if order is not None and order.is_working:
            order.is_leaving = True
            order.restart_asking(ask.at)
            self._leaving.append(order)
        return ()

    def flush(self, at: Ns) -> Sequence[Message]:
        """Return the requests for all that is newly wanted back."""
        if not self._leaving:
            return ()
        leaving, self._leaving = self._leaving, []
        return self._asking.cancel(leaving, at)

    def stop(self, at: Ns) -> Sequence[Message]:
        """The gate was halted: stop everything of ours, and let the dead man's switch run out."""
        self._dead_man.is_stopped = any(order.is_ours for order in self.table.working())
        return self._wing.stop(at)

    def resume(self) -> None:
        """The gate is open again."""
        self._dead_man.is_stopped = False

    def start(self, at: Ns) -> Sequence[Message]:
        """A session begins: nothing of the last one counts as known any more.

        On an account never compared before, what was traded until now is in what is held.
        """
        if not self.holdings.has_begun:
            self.count_from(at)
        said: list[Message] = []
        for order in self.table.working():
            order.restart_asking(at)
            if order.is_ours and not (order.named or order.venue_order):
                why = "it was never sent: pmterm ended first"
                said.append(order.report(at, OrderState.REFUSED, why))
            elif order.state in {OrderState.RESERVED, OrderState.JOURNALED, OrderState.SENT}:
                why = "pmterm ended before the venue answered"
                said.append(order.report(at, OrderState.UNKNOWN, why))
        return [*said, *self._ready.say(at)]

    def count_from(self, at: Ns) -> None:
        """Count no fill made elsewhere before `at`, and ask for none."""
        self.trades.counted_from = at
        self.rounds.since(at)

    def heard(self, event: UserOpened | UserFrame | UserClosed | HttpResponse) -> Sequence[Message]:
        """Say what a word of the venue means."""
        match event:
            case UserFrame():
                words = [w for w in self._wing.receive(event) if not self._is_old_news(w)]
                return self._judged(words, event.at)
            case HttpResponse():
                return self._answered(event)
            case UserOpened():
                self._ready.stream(is_up=True)
                self.rounds.want("start" if event.conn == 1 else "reconnect", event.at)
                said = self._judged(self._wing.opened(event), event.at)
                return [*said, *self._ask_all(event.at)]
            case UserClosed():
                self._ready.stream(is_up=False)
                return self._ready.say(event.at)

    def beat(self, at: Ns) -> Sequence[Message]:
        """Half a second has passed: ask again what is open, and look after the switches."""
        said = list(self._judged(self._wing.tick(at), at))
        said += self.trades.claimed(at)
        said += self._asking.beat(at, self.book.oldest_settling())
        said += self._queues.beat(at)
        said += self._dead_man.beat(at)
        self._note_dead_man(at)
        if self._ready.is_time_to_ask(at):
            self.rounds.want("asked", at)
        said += self._ask_all(at)
        return [*said, *self._link.say(at), *self._ready.say(at)]

    def _answered(self, response: HttpResponse) -> Sequence[Message]:
        self._link.answered(response)
        self._ready.clocks(self._link.skew)
        said: list[Message] = []
        if response.purpose.startswith(PLACE):
            order = OrderId(response.purpose.removeprefix(PLACE))
            said += self._times.answered(order, response)
        self._judge.tick(response.ticked_at)
        return [*self._judged(self._wing.answered(response), response.at), *said]

    def _is_old_news(self, word: Message) -> bool:
        """The stream may lag: that an ended order works after all is believed of a read alone."""
        if not isinstance(word, OrderSeen) or word.state.is_final:
            return False
        order = self.table.find(word.venue_order, word.client_order)
        return order is not None and not order.is_working and not order.was_given_up

    def _judged(self, words: Sequence[Message], at: Ns) -> list[Message]:
        """Judge the venue's words; what is no word of it goes on as it is (requests, surprises)."""
        said: list[Message] = []
        for word in words:
            hear = self._hears.get(type(word))
            said += (word,) if hear is None else hear(word)
        return [*said, *self.trades.claimed(at), *self._ready.say(at)] if words else said

    def _ask_all(self, at: Ns) -> Sequence[Message]:
        working = {order.market for order in self.table.working()}
        markets = [*dict.fromkeys([*self.book.markets(), *working])]
        here = [m for m in markets if m in self._markets]
        return self.rounds.begin(here, at)

    def _order_seen(self, seen: OrderSeen) -> Sequence[Message]:
        if not seen.state.is_final:
            self.rounds.order_seen(seen.venue_order)
        return self._judge.seen(seen)

    def _holding_seen(self, seen: HoldingSeen) -> Sequence[Message]:
        self.rounds.holding_seen(seen)
        return ()

    def _money_seen(self, seen: MoneySeen) -> Sequence[Message]:
        return self._compared(self.rounds.money_seen(seen), seen.at)

    def _list_ended(self, ended: ListEnded) -> Sequence[Message]:
        return self._compared(self.rounds.list_ended(ended), ended.at)

    def _compared(self, theirs: Theirs | None, at: Ns) -> Sequence[Message]:
        """A round is whole: look for what the venue does not list, and hold the rest against it."""
        if theirs is None:
            return ()
        lost = [o for o in self.table.working() if _is_lost(o, theirs)]
        for order in lost:
            order.next_ask = min(order.next_ask or at, at)
        has_begun = self.holdings.has_begun
        judge = self.holdings.compare if has_begun else self.holdings.begin
        said = [*judge(theirs, at), *self.holdings.cash(theirs, at)]
        self._ready.reconciled(theirs.began_at)
        self.rounds.rest(at, is_working=any(True for _ in self.table.working()))
        short = sum(o.let_go > DUST and o.owes > DUST for o in self.table.all())
        differences = len(lost) + self.holdings.open_differences() + short
        took = (at - theirs.began_at) // MS
        return [*said, Reconciled(at, self.venue, theirs.cause, differences, took)]

    def _status_seen(self, seen: MarketStatusSeen) -> Sequence[Message]:
        """A market that we hold is resolved: its payout is booked before anything is compared."""
        if seen.payout >= 0 and self.book.held(seen.market):
            self.rounds.want("resolved", seen.at)
        return (seen,)

    def _beat_answered(self, answer: BeatAnswered) -> Sequence[Message]:
        said = self._dead_man.answered(answer)
        self._note_dead_man(answer.at)
        return said

    def _note_dead_man(self, at: Ns) -> None:
        if self._ready.dead_man(is_held=self._dead_man.is_held(at)):
            self.rounds.want("dead man", at)

    def _mood_seen(self, seen: MoodSeen) -> Sequence[Message]:
        self._ready.felt(seen)
        if self._ready.waits_for_round and self.rounds.now is None:
            self.rounds.want("asked", seen.at)
        return ()


def _is_lost(order: LiveOrder, theirs: Theirs) -> bool:
    """Tell whether the list should hold an order and does not; one in flight need not be there."""
    if not order.existed or order.sent_at >= theirs.began_at:
        return False
    return not {order.venue_order, order.named} & theirs.orders


def _amend_refused(amend: AmendOrder, order: LiveOrder | None, reason: str) -> OrderReport:
    intent = amend.intent
    filled = order.done if order is not None else 0
    return OrderReport(
        amend.at,
        intent.order,
        intent.market,
        OrderState.REFUSED,
        intent.price,
        intent.qty,
        filled,
        reason,
    )
