"""Stage: all books. Applies what feeds say, says what the books became, doubts what cannot be.

A book is trusted from its snapshot on until something contradicts it. What contradicts it: a gap
or a lost connection, a level below zero, the venue's own touch differing twice running (or a
ticker's for `TICKER_LASTS`), a crossing that lasts `CROSSED_LASTS`, two fetched books in a row
with another touch. Each makes it untrusted and, but for losses the feed told itself, asks for a
fresh book once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pmterm.messages.base import Message
from pmterm.messages.feed import (
    NO_BID,
    NOT_TOLD,
    BookChanged,
    BookDoubted,
    BookLost,
    BookSnapshot,
    LevelMoved,
    LevelSet,
    MarketSeen,
    MarketStatusSeen,
    TickChanged,
    TouchSeen,
    TradeSeen,
)
from pmterm.messages.health import FeedDown, Heartbeat
from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.readings import BookHealth
from pmterm.model.units import PRICE_ONE, SECOND, Ns, Price
from pmterm.trading.book.flow import Flow
from pmterm.trading.book.kept import NEVER, Kept, Trust
from pmterm.trading.book.order_book import OrderBook

CROSSED_LASTS: Final[Ns] = SECOND
SAID_AT_LEAST: Final[Ns] = SECOND  # while a book changes only below its best five levels
TICKER_LASTS: Final[Ns] = 5 * SECOND
TICKERS_NEEDED: Final = 3
MISMATCHES_NEEDED: Final = 2
HEALED_AFTER: Final = 20  # touches in a row that agree again
_BUY = Side.BUY
_NO_HEALTH: Final = BookHealth()


class Books:
    """Keeps one book per market."""

    def __init__(self) -> None:
        self._kept: dict[MarketId, Kept] = {}
        self._crossed: dict[MarketId, Kept] = {}

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Handlers by exact message type."""
        return {
            LevelMoved: self._level_moved,
            LevelSet: self._level_set,
            BookSnapshot: self._snapshot,
            TouchSeen: self._touch_seen,
            TradeSeen: self._trade_seen,
            MarketSeen: self._market_seen,
            MarketStatusSeen: self._status_seen,
            TickChanged: self._tick_changed,
            BookLost: self._book_lost,
            FeedDown: self._feed_down,
            Heartbeat: self._heartbeat,
        }

    def book(self, market: MarketId) -> OrderBook | None:
        """Return the live book of a market; it changes under the reader with the next message."""
        kept = self._kept.get(market)
        return None if kept is None else kept.book

    def health(self, market: MarketId) -> BookHealth:
        """Return how far a book can be trusted; a market never heard of is not."""
        kept = self._kept.get(market)
        return _NO_HEALTH if kept is None else kept.health()

    def flow(self, market: MarketId) -> tuple[Flow, Flow]:
        """Return what was placed, traded and pulled on the bid and on the ask side."""
        kept = self._kept.get(market)
        return (Flow(), Flow()) if kept is None else (kept.bid_flow, kept.ask_flow)

    def markets(self) -> tuple[MarketId, ...]:
        """Return every market heard of, in the order of first hearing."""
        return tuple(self._kept)

    # The two handlers below are the hot path: every microsecond here is paid per frame.

    def _level_moved(self, moved: LevelMoved) -> Sequence[Message]:
        market = moved.market
        kept = self._kept.get(market)
        if kept is None:
            kept = self._open(market)
        at = moved.at
        delta = moved.delta
        bids = kept.bids
        asks = kept.asks
        if moved.side is _BUY:
            side, stake, flow = bids, moved.price, kept.bid_flow
        else:
            side, stake, flow = asks, PRICE_ONE - moved.price, kept.ask_flow
        levels = side.levels
        old = levels.get(stake, 0)
        qty = old + delta
        if old and qty > 0:  # nearly always: put without the call
            levels[stake] = qty
            if stake >= side.floor:
                side.top_value += stake * delta
        else:
            side.put(stake, qty)
        if delta > 0:
            flow.placed += delta
        elif qty < 0:
            return self._negative(kept, at)
        elif at > flow.prints_until:
            flow.gone -= delta
            flow.falls.append((at, stake, -delta))
        else:
            flow.fell(stake, -delta, at)
        kept.changed_at = at
        if stake < side.floor and at < kept.say_by and kept.is_good and not kept.is_crossed:
            return ()  # deeper than the best five: nothing of what is said has changed
        bid, ask = bids.best, asks.best
        if kept.is_crossed or bid + ask >= PRICE_ONE:
            return self._crossing(kept, at)
        kept.say_by = at + SAID_AT_LEAST
        return (
            BookChanged(
                at,
                market,
                bid,
                PRICE_ONE - ask,
                bids.levels[bid] if bid else 0,
                asks.levels[ask] if ask else 0,
                bids.top_value // PRICE_ONE,
                asks.top_value // PRICE_ONE,
                kept.is_good,
            ),
        )

    # A call would cost as much as the branches it hides.
    def _level_set(self, level: LevelSet) -> Sequence[Message]:  # noqa: C901, PLR0912
        market = level.market
        kept = self._kept.get(market)
        if kept is None:
            kept = self._open(market)
        at = level.at
        qty = level.qty
        bids = kept.bids
        asks = kept.asks
        if level.side is _BUY:
            side, stake, flow = bids, level.price, kept.bid_flow
        else:
            side, stake, flow = asks, PRICE_ONE - level.price, kept.ask_flow
        levels = side.levels
        old = levels.get(stake, 0)
        if old and qty:
            levels[stake] = qty
            if stake >= side.floor:
                side.top_value += stake * (qty - old)
        else:
            side.put(stake, qty)
        gone = old - qty
        if gone < 0:
            flow.placed -= gone
        elif gone and at > flow.prints_until:
            flow.gone += gone
            flow.falls.append((at, stake, gone))
        elif gone:
            flow.fell(stake, gone, at)
        kept.changed_at = at
        doubts: Sequence[Message] = ()
        bid, ask = bids.best, asks.best
        told_bid, told_ask = level.best_bid, level.best_ask
        if told_bid == bid and told_ask == PRICE_ONE - ask and kept.is_good and not kept.mismatches:
            kept.touch_checks += 1
            kept.touch_agree += 1
            if stake < side.floor and at < kept.say_by and not kept.is_crossed:
                return ()
        else:
            doubts = self._told_touch(kept, told_bid, told_ask, at)
            bid, ask = bids.best, asks.best
        if kept.is_crossed or bid + ask >= PRICE_ONE:
            return (*self._crossing(kept, at), *doubts)
        kept.say_by = at + SAID_AT_LEAST
        changed = BookChanged(
            at,
            market,
            bid,
            PRICE_ONE - ask,
            bids.levels[bid] if bid else 0,
            asks.levels[ask] if ask else 0,
            bids.top_value // PRICE_ONE,
            asks.top_value // PRICE_ONE,
            kept.is_good,
        )
        return (changed, *doubts) if doubts else (changed,)

    def _told_touch(
        self, kept: Kept, told_bid: Price, told_ask: Price, at: Ns
    ) -> Sequence[Message]:
        """Prune what is better than the venue's own touch, then compare what is left with it."""
        if told_bid != NOT_TOLD:
            kept.pruned_levels += kept.bids.prune(told_bid)
        if told_ask != NOT_TOLD:
            kept.pruned_levels += kept.asks.prune(PRICE_ONE - told_ask)
        if NOT_TOLD in {told_bid, told_ask} or kept.trust is Trust.NONE:
            return ()
        kept.touch_checks += 1
        if told_bid == kept.bids.best and told_ask == PRICE_ONE - kept.asks.best:
            kept.touch_agree += 1
            kept.mismatches = 0
            if kept.healing:
                kept.heal()
            return ()
        kept.mismatches += 1
        if kept.healing:
            kept.healing = HEALED_AFTER
        if kept.mismatches < MISMATCHES_NEEDED or kept.trust is not Trust.SOUND:
            return ()
        kept.healing = HEALED_AFTER
        return self._doubt(kept, "touch differs from the venue's", at)

    def _crossing(self, kept: Kept, at: Ns) -> Sequence[Message]:
        """Say a book that is crossed or locked, or has just ceased to be.

        Only a bid above an ask is an episode; a bid at the ask is not traded on either.
        """
        doubts: Sequence[Message] = ()
        over = kept.bids.best + kept.asks.best - PRICE_ONE
        if over > 0 and not kept.was_over:
            kept.crossed_episodes += kept.trust is not Trust.NONE
        kept.was_over = over > 0
        if over < 0:
            kept.is_crossed = False
            self._crossed.pop(kept.market, None)
        elif not kept.is_crossed:
            kept.is_crossed = True
            kept.crossed_since = at
            self._crossed[kept.market] = kept
        else:
            doubts = self._still_crossed(kept, at)
        return (kept.said(at), *doubts)

    def _still_crossed(self, kept: Kept, at: Ns) -> Sequence[Message]:
        if at - kept.crossed_since > CROSSED_LASTS and kept.trust is Trust.SOUND:
            return self._doubt(kept, "crossed for over a second", at)
        return ()

    def _negative(self, kept: Kept, at: Ns) -> Sequence[Message]:
        kept.negative_levels += 1
        kept.changed_at = at
        doubts: Sequence[Message] = ()
        if kept.trust is Trust.SOUND:
            doubts = self._doubt(kept, "a level fell below zero", at)
        return (*self._crossing(kept, at), *doubts)

    def _snapshot(self, snapshot: BookSnapshot) -> Sequence[Message]:
        kept = self._kept.get(snapshot.market) or self._open(snapshot.market)
        at = snapshot.at
        if snapshot.hash_agrees is not None:
            kept.hash_checks += 1
            kept.hash_agree += snapshot.hash_agrees
        if snapshot.is_reply and kept.trust is Trust.SOUND:
            return self._compare(kept, snapshot)
        kept.replace(snapshot, at)
        kept.changed_at = at
        kept.resyncs += kept.was_lost
        kept.was_lost = False
        kept.mismatches = kept.healing = kept.replies_differ = 0
        kept.ticker_since = NEVER
        kept.is_crossed = False
        self._crossed.pop(kept.market, None)
        kept.believe(Trust.SOUND, "")
        return self._crossing(kept, at)

    def _compare(self, kept: Kept, reply: BookSnapshot) -> Sequence[Message]:
        """Check ours against a fetched book; one that the stream contradicts is not believed."""
        bid = max((price for price, _ in reply.bids), default=NO_BID)
        ask = min((price for price, _ in reply.asks), default=PRICE_ONE)
        stream_agreed = kept.touch_agree > kept.reply_agreed
        kept.reply_agreed = kept.touch_agree
        if bid == kept.bids.best and ask == PRICE_ONE - kept.asks.best:
            kept.replies_differ = 0
            return ()
        if stream_agreed and kept.replies_differ:
            kept.replies_differ = 0
        kept.replies_differ += 1
        if kept.replies_differ < MISMATCHES_NEEDED:
            return ()
        kept.replies_differ = 0
        doubts = self._doubt(kept, "fetched books differ from ours", reply.at)
        return (kept.said(reply.at), *doubts)

    def _touch_seen(self, touch: TouchSeen) -> Sequence[Message]:
        """Compare with a ticker, which is not synchronised: only a lasting difference counts."""
        kept = self._kept.get(touch.market)
        if kept is None or kept.trust is Trust.NONE or NOT_TOLD in {touch.best_bid, touch.best_ask}:
            return ()
        bid, ask = kept.bids.best, PRICE_ONE - kept.asks.best
        kept.touch_checks += 1
        if bid == touch.best_bid and ask == touch.best_ask:
            kept.touch_agree += 1
            kept.ticker_since = NEVER
            return ()
        pair = (bid, ask, touch.best_bid, touch.best_ask)
        if kept.ticker_since == NEVER or pair != kept.ticker_pair:
            kept.ticker_since, kept.ticker_pair, kept.ticker_count = touch.at, pair, 1
            return ()
        kept.ticker_count += 1
        lasted = touch.at - kept.ticker_since > TICKER_LASTS
        if not lasted or kept.ticker_count < TICKERS_NEEDED or kept.trust is not Trust.SOUND:
            return ()
        doubts = self._doubt(kept, "touch differs from the ticker's", touch.at)
        return (kept.said(touch.at), *doubts)

    def _trade_seen(self, trade: TradeSeen) -> Sequence[Message]:
        kept = self._kept.get(trade.market)
        if kept is not None and not trade.is_block:
            kept.printed(trade.price, trade.qty, trade.taker, trade.at)
        return ()

    def _market_seen(self, seen: MarketSeen) -> Sequence[Message]:
        kept = self._kept.get(seen.market.id) or self._open(seen.market.id)
        kept.venue = seen.market.venue
        kept.status = seen.market.status
        kept.judge()
        return ()

    def _status_seen(self, seen: MarketStatusSeen) -> Sequence[Message]:
        """A market that is not open keeps its last book, marked as not to be traded on."""
        kept = self._kept.get(seen.market) or self._open(seen.market)
        was_good = kept.is_good
        kept.status = seen.status
        kept.judge()
        return (kept.said(seen.at),) if kept.is_good is not was_good else ()

    def _tick_changed(self, changed: TickChanged) -> Sequence[Message]:
        kept = self._kept.get(changed.market) or self._open(changed.market)
        kept.drop()
        return self._distrust(kept, "price grid changed", changed.at)

    def _book_lost(self, lost: BookLost) -> Sequence[Message]:
        kept = self._kept.get(lost.market) or self._open(lost.market)
        return self._lose(kept, lost.reason, lost.at)

    def _feed_down(self, down: FeedDown) -> Sequence[Message]:
        said: list[Message] = []
        for kept in self._kept.values():
            if kept.venue is down.venue:
                said += self._lose(kept, down.reason or "feed down", down.at)
        return said

    def _lose(self, kept: Kept, reason: str, at: Ns) -> Sequence[Message]:
        """Count a loss once, however often it is told."""
        if kept.trust is Trust.NONE:
            if kept.was_lost:
                kept.reason = reason
            return ()
        kept.lost += 1
        return self._distrust(kept, reason, at)

    def _distrust(self, kept: Kept, reason: str, at: Ns) -> Sequence[Message]:
        kept.was_lost = True
        kept.healing = kept.mismatches = kept.replies_differ = 0
        kept.believe(Trust.NONE, reason)
        return self._crossing(kept, at)

    def _doubt(self, kept: Kept, reason: str, at: Ns) -> Sequence[Message]:
        kept.was_lost = True
        kept.ticker_since = NEVER
        kept.believe(Trust.DOUBTED, reason)
        return (BookDoubted(at, kept.venue, kept.market, reason),)

    def _heartbeat(self, beat: Heartbeat) -> Sequence[Message]:
        """Let no crossing last unseen while nothing else happens."""
        if not self._crossed:
            return ()
        said: list[Message] = []
        for kept in tuple(self._crossed.values()):
            said += self._still_crossed(kept, beat.at)
        return said

    def _open(self, market: MarketId) -> Kept:
        kept = self._kept[market] = Kept(market)
        return kept
