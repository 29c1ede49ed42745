"""What the gate knows of markets and of its own verdicts; it makes the case for each intent."""

from collections import deque
from typing import Final

import msgspec

from pmterm.messages.feed import MarketSeen, MarketStatusSeen, TickChanged
from pmterm.messages.live import AccountSeen, Armed, HoldingDiffers, ReadinessChanged
from pmterm.messages.orders import Approved, Fill, Intent
from pmterm.messages.strategy import RecordKnown, acted_by
from pmterm.model.fees import fee_of, most_fee_of
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.order import GateState, Side
from pmterm.model.units import PRICE_ONE, Cash, Ns, Qty
from pmterm.trading.risk.arming import Arming
from pmterm.trading.risk.checks import Case, Verdict, judge
from pmterm.trading.risk.exposure import Exposure
from pmterm.trading.risk.limits import Limits
from pmterm.trading.risk.live_checks import LiveCase, LiveRules, judge_live
from pmterm.trading.risk.proving import Proving
from pmterm.trading.risk.reserved import Reserved
from pmterm.trading.risk.watch import Watch

REPEATS_KEPT: Final = 32


class OrderFacts:
    """Markets as they are, and what was approved lately."""

    def __init__(self, limits: Limits, exposure: Exposure, watch: Watch) -> None:
        self.limits = limits
        self._exposure = exposure
        self._watch = watch
        self._openings: dict[MarketId, Ns] = {}
        self._recent: deque[Ns] = deque(maxlen=max(1, limits.max_orders))
        self._approved: deque[Intent] = deque(maxlen=REPEATS_KEPT)
        self._proving = Proving()
        self._accounts: dict[Venue, str] = {}
        self._begun: set[tuple[Venue, str]] = set()
        self.markets: dict[MarketId, Market] = {}

    def market_seen(self, seen: MarketSeen) -> None:
        """Take a market's metadata."""
        self.markets[seen.market.id] = seen.market
        self._exposure.market_seen(seen.market)

    def account_seen(self, seen: AccountSeen) -> None:
        """Note whose money trades on a venue."""
        self._accounts[seen.venue] = seen.account

    def status_seen(self, seen: MarketStatusSeen) -> None:
        """Note that a market opened, paused or closed."""
        market = self.markets.get(seen.market)
        if market is not None:
            self.markets[market.id] = msgspec.structs.replace(market, status=seen.status)

    def tick_changed(self, changed: TickChanged) -> None:
        """Note a new price grid."""
        market = self.markets.get(changed.market)
        if market is not None:
            self.markets[market.id] = msgspec.structs.replace(market, bands=changed.bands)

    def approved(self, approved: Approved) -> None:
        """Reserve what was approved, and remember when."""
        self._exposure.reserve(approved)
        self._recent.append(approved.at)
        self._approved.append(approved.intent)
        self._proving.approved(approved.intent)
        market = self.markets.get(approved.intent.market)
        if market is not None:
            self._begun.add((market.venue, self._account(market)))
        if approved.reserved:
            self._openings[approved.intent.market] = approved.at

    def record_known(self, record: RecordKnown) -> None:
        """Take what a strategy has shown."""
        self._proving.known(record)

    def live_trades(self, strategy: str) -> int:
        """Return how many trades a strategy has made by itself."""
        return self._proving.trades(strategy)

    def filled(self, fill: Fill) -> None:
        """Count the trades that strategies make by themselves."""
        self._proving.filled(fill)

    def fee(self, intent: Intent, *, is_taker: bool) -> Cash:
        """Estimate the fee of an intent at its limit, all of it as maker or as taker.

        Of real money the most is taken that it can come to, in however many fills.
        """
        market = self.markets.get(intent.market)
        if market is None:
            return 0
        price = intent.price if intent.side is Side.BUY else PRICE_ONE - intent.price
        estimate = most_fee_of if self._exposure.ledger.is_live else fee_of
        return estimate(market.fees, price, intent.qty, is_maker=not is_taker)

    def verdict(
        self, intent: Intent, state: GateState, reason: str, arming: Arming | None
    ) -> tuple[Case, Verdict | None]:
        """Judge an intent, `arming` where the money is real; nothing changes by it."""
        if arming is None:
            case = self.case(intent, state, reason)
            return case, judge(case)
        differs = arming.differs.get(intent.market)
        case = self.case(intent, state, reason, differs)
        ready = arming.ready.get(case.market.venue) if case.market is not None else None
        live = self.live_case(case, arming.rules, ready, arming.armed, differs)
        return case, judge_live(live)

    def case(
        self, intent: Intent, state: GateState, reason: str, differs: HoldingDiffers | None = None
    ) -> Case:
        """Put together what the checks may look at."""
        exposure, market = self._exposure, intent.market
        now, then = exposure.worst(market), exposure.worst(market, intent)
        closable = self._closable(intent)
        since = intent.at - self.limits.order_window
        case = Case(
            intent=intent,
            limits=self.limits,
            state=state,
            reason=reason,
            market=self.markets.get(market),
            book=self._watch.books.get(market),
            heard_at=self._watch.heard_at(market),
            reduces=self._reduces(intent, closable, differs),
            closable=closable,
            is_amend_known=intent.replaces in exposure.orders,
            market_now=now,
            market_then=then,
            total_now=exposure.total(),
            event_now=exposure.event(market),
            needed=0,
            free_cash=exposure.free_cash(market),
            positions_then=len(exposure.positions() | {market}),
            day_loss=self._watch.day_loss(),
            day_loss_limit=self._watch.day_loss_limit(),
            losses_in_row=self._watch.losses.in_row,
            last_opening=self._openings.get(market, 0),
            recent_orders=sum(at > since for at in self._recent),
            moved_ppm=self._watch.moved_ppm(market, intent.at),
            spread_mean=self._watch.spread_mean(market),
        )
        rise = exposure.to_pay(market, intent) - exposure.to_pay(market)
        needed = max(0, rise) + self.fee(intent, is_taker=case.is_taker)
        return msgspec.structs.replace(case, needed=needed)

    def live_case(
        self,
        case: Case,
        rules: LiveRules,
        ready: ReadinessChanged | None,
        armed: Armed | None,
        differs: HoldingDiffers | None,
    ) -> LiveCase:
        """Add what counts where the money is real."""
        intent = case.intent
        old = self._exposure.orders.get(intent.replaces)
        strategy = acted_by(intent.origin)
        return LiveCase(
            case=case,
            rules=rules,
            ready=ready,
            armed=armed,
            differs=differs,
            is_split=self._exposure.ledger.is_split(intent.market),
            leg=self._exposure.leg(intent),
            inventory=self._exposure.inventory(intent),
            to_fill=intent.qty - (old.filled if old is not None else 0),
            fee=self.fee(intent, is_taker=case.is_taker),
            account=self._account(case.market),
            is_first=case.market is not None
            and (case.market.venue, self._account(case.market)) not in self._begun,
            is_repeat=self._is_repeat(intent, rules.repeat_within),
            strategy=strategy,
            record=self._proving.record(strategy),
            live_trades=self._proving.trades(strategy),
        )

    def _account(self, market: Market | None) -> str:
        return self._accounts.get(market.venue, "") if market is not None else ""

    def _is_repeat(self, intent: Intent, within: Ns) -> bool:
        """Tell whether the same was ordered a moment ago, as by a key that stuck.

        What only closes stops at zero, however often it comes: a second try is meant.
        """
        is_new = not (intent.replaces or intent.reduce_only)
        return is_new and any(
            old.at > intent.at - within and _asked(old) == _asked(intent) for old in self._approved
        )

    def _room(self, market: MarketId) -> Cash:
        """Return the most that may be lost in a market by R1, R2 and R7, 0: no limit."""
        exposure, limits = self._exposure, self.limits
        now = exposure.worst(market)
        rooms = [limits.max_position] if limits.max_position else []
        if limits.max_total:
            rooms.append(max(1, limits.max_total - exposure.total() + now))
        if limits.max_event:
            rooms.append(max(1, limits.max_event - exposure.event(market) + now))
        return min(rooms, default=0)

    def _closable(self, intent: Intent) -> Qty:
        """Return how much an order could still close; most orders find nothing held."""
        if not _against(self._exposure.held(intent.market).qty, intent.side):
            return 0
        return self._exposure.closable(intent, self._room(intent.market))

    def _reduces(self, intent: Intent, closable: Qty, differs: HoldingDiffers | None) -> bool:
        """Tell whether an intent can only make a holding, or a working order, smaller.

        Where the venue holds another number for us, it must be so by either.
        """
        old = self._exposure.orders.get(intent.replaces)
        to_fill = intent.qty - (old.filled if old is not None else 0)
        if to_fill <= closable:
            return differs is None or to_fill <= _against(differs.theirs, intent.side)
        return old is not None and _shrinks(old, intent)


def _against(held: int, side: Side) -> int:
    return max(0, -held if side is Side.BUY else held)


def _shrinks(old: Reserved, intent: Intent) -> bool:
    if intent.qty > old.qty:
        return False
    buys = intent.side is Side.BUY
    return intent.price <= old.price if buys else intent.price >= old.price


def _asked(intent: Intent) -> tuple[object, ...]:
    return (intent.market, intent.side, intent.price, intent.qty)
