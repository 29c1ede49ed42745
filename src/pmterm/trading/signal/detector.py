"""Stage: watches every market for the crowd's mistakes, and says how each went on.

Time moves in whole seconds of message time: every market's second ends at the same instant, at
the first message past it, so that it does not matter how often a heartbeat comes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.feed import (
    BookChanged,
    BookDoubted,
    BookLost,
    MarketSeen,
    TickChanged,
    TouchSeen,
    TradeSeen,
)
from pmterm.messages.health import FeedDown, Heartbeat
from pmterm.messages.signals import (
    SignalKind,
    SignalRejected,
    SignalSeen,
)
from pmterm.model.fees import FeeSchedule
from pmterm.model.ids import MarketId, SignalId
from pmterm.model.order import Side
from pmterm.model.readings import Gauges
from pmterm.model.units import MS, PPM, PRICE_ONE, SECOND, Cash, Ns, Qty
from pmterm.trading.signal.facts import add_spike, facts_of, gauges_of
from pmterm.trading.signal.following import doubted, heard, lose, see, wait, without_mid
from pmterm.trading.signal.kalman import fused_ppm, pairs_of
from pmterm.trading.signal.outcomes import Follow
from pmterm.trading.signal.rules import RULES, Facts, Finding, SignalSettings, expected, score
from pmterm.trading.signal.thesis import Held, doubt
from pmterm.trading.signal.watched import Watched
from pmterm.trading.signal.window import SECONDS, TEN

_NOTHING: Final[tuple[Message, ...]] = ()
_TEN_SECONDS: Final[Ns] = TEN * SECOND
_NO_FEES: Final = FeeSchedule()


class Detector:
    """Runs the rules of `rules.py` over every market."""

    def __init__(self, settings: SignalSettings) -> None:
        self._settings = settings
        self._watched: dict[MarketId, Watched] = {}
        self._meta: dict[MarketId, MarketSeen] = {}
        self._pairs = pairs_of(settings.pairs)
        self._held = Held()
        self._next_second: Ns = 0
        self._count = 0

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Handlers by exact message type."""
        return {
            BookChanged: self._book_changed,
            TradeSeen: self._trade_seen,
            TouchSeen: self._touch_seen,
            MarketSeen: self._market_seen,
            TickChanged: self._tick_changed,
            Heartbeat: self._heartbeat,
            BookLost: self._book_lost,
            BookDoubted: self._book_lost,
            FeedDown: self._feed_down,
            **self._held.hears(),
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """How the journal restores what is held; windows begin anew."""
        return {
            MarketSeen: lambda seen: self._held.market_seen(seen.market),
            **self._held.recalls(),
        }

    def gauges(self, market: MarketId) -> Gauges:
        """Return how a market stands against its own last hour."""
        watched = self._watched.get(market)
        if watched is None:
            return Gauges(needed_s=self._settings.min_baseline_s)
        gauges = gauges_of(watched)
        pair = self._pairs.get(market, MarketId(""))
        other = self._watched.get(pair)
        if other is None:
            return gauges
        fused = fused_ppm(
            gauges.estimate_ppm,
            gauges.volume_5m,
            other.kalman.value_ppm,
            other.window.volume_5m,
        )
        return msgspec.structs.replace(gauges, fused_ppm=fused, pair=pair)

    def _book_changed(self, book: BookChanged) -> Sequence[Message]:
        """The hot path: a few comparisons unless something is up."""
        at = book.at
        said = self._pass_time(at) if at >= self._next_second else _NOTHING
        watched = self._watched.get(book.market)
        if watched is None:
            watched = self._open(book.market)
        if at >= watched.follow_due:
            said = [*said, *heard(watched, at)]
        bid = book.best_bid
        ask = book.best_ask
        if not (book.is_trusted and bid and ask != PRICE_ONE):
            watched.mid2 = 0
            if watched.follows:
                without_mid(watched, book)
            return said
        mid2 = watched.mid2 = bid + ask
        watched.quote = book
        bid_depth = book.bid_depth
        ask_depth = book.ask_depth
        if (
            watched.near_low2 < mid2 < watched.near_high2
            and bid_depth >= watched.pull_bid
            and ask_depth >= watched.pull_ask
            and bid_depth + ask_depth > watched.thin
        ):
            if watched.is_alarmed:
                watched.calm_depth()
            return said
        if not watched.follow_low2 < mid2 < watched.follow_high2:
            said = [*said, *see(watched, book)]
        if watched.is_low(book) or not watched.low2 < mid2 < watched.high2:
            told = self._look(watched, book, at)
            return [*said, *told] if told else said
        watched.calm_depth()
        return said

    def _trade_seen(self, trade: TradeSeen) -> Sequence[Message]:
        said = self._pass_time(trade.at) if trade.at >= self._next_second else _NOTHING
        if trade.is_block:
            return said
        watched = self._watched.get(trade.market) or self._open(trade.market)
        watched.trades_told = True
        if trade.taker is Side.SELL:
            bid_hit, ask_hit = trade.price * trade.qty // PRICE_ONE, 0
        else:
            bid_hit, ask_hit = 0, (PRICE_ONE - trade.price) * trade.qty // PRICE_ONE
        return [*said, *self._traded(watched, trade.qty, bid_hit, ask_hit, trade.at)]

    def _touch_seen(self, touch: TouchSeen) -> Sequence[Message]:
        """Take traded volume from tickers where no tape is told; it may be of either side."""
        said = self._pass_time(touch.at) if touch.at >= self._next_second else _NOTHING
        if not touch.volume:
            return said
        watched = self._watched.get(touch.market) or self._open(touch.market)
        before, watched.ticker_volume = watched.ticker_volume, touch.volume
        qty = touch.volume - before
        if watched.trades_told or not before or qty <= 0:
            return said
        bid_hit = touch.last * qty // PRICE_ONE
        ask_hit = (PRICE_ONE - touch.last) * qty // PRICE_ONE
        return [*said, *self._traded(watched, qty, bid_hit, ask_hit, touch.at)]

    def _traded(
        self, watched: Watched, qty: Qty, bid_hit: Cash, ask_hit: Cash, at: Ns
    ) -> Sequence[Message]:
        window = watched.window
        window.traded(qty, bid_hit, ask_hit)
        if window.volume_30s >= watched.panic_volume:
            watched.arm()
        elif watched.low2 < watched.mid2 < watched.high2:
            return _NOTHING
        quote = watched.standing
        return _NOTHING if quote is None else self._look(watched, quote, at)

    def _market_seen(self, seen: MarketSeen) -> Sequence[Message]:
        self._meta[seen.market.id] = seen
        self._held.market_seen(seen.market)
        watched = self._watched.get(seen.market.id)
        if watched is not None:
            watched.meta = seen.market
        return _NOTHING

    def _tick_changed(self, changed: TickChanged) -> Sequence[Message]:
        watched = self._watched.get(changed.market)
        if watched is None or watched.meta is None:
            return _NOTHING
        watched.meta = msgspec.structs.replace(watched.meta, bands=changed.bands)
        return _NOTHING

    def _heartbeat(self, beat: Heartbeat) -> Sequence[Message]:
        return self._pass_time(beat.at) if beat.at >= self._next_second else _NOTHING

    def _book_lost(self, lost: BookLost | BookDoubted) -> Sequence[Message]:
        said = self._pass_time(lost.at) if lost.at >= self._next_second else _NOTHING
        watched = self._watched.get(lost.market)
        return said if watched is None else [*said, *lose(watched, lost.at)]

    def _feed_down(self, down: FeedDown) -> Sequence[Message]:
        said = list(self._pass_time(down.at)) if down.at >= self._next_second else []
        for watched in self._watched.values():
            if watched.meta is not None and watched.meta.venue is down.venue:
                said += lose(watched, down.at)
        return said

    def _open(self, market: MarketId) -> Watched:
        watched = self._watched[market] = Watched(market, self._settings)
        seen = self._meta.get(market)
        if seen is not None:
            watched.meta = seen.market
        return watched

    def _pass_time(self, at: Ns) -> Sequence[Message]:
        """End every second up to and including `at`."""
        if at - self._next_second > 2 * SECONDS * SECOND:  # the start, or a hole
            for watched in self._watched.values():
                watched.forget_prices()
            self._next_second = (at // SECOND + 1) * SECOND
            return _NOTHING
        said: list[Message] = []
        while self._next_second <= at:
            now = self._next_second
            self._next_second = now + SECOND
            for watched in self._watched.values():
                said += self._end_second(watched, now, at)
        return said

    def _end_second(self, watched: Watched, now: Ns, at: Ns) -> Sequence[Message]:
        said: Sequence[Message] = _NOTHING
        if watched.doubted_at:
            said = doubted(watched, now, at)
        if now >= watched.follow_due:
            wait(watched, now)
        window = watched.window
        mid2 = watched.mid2
        quote = watched.quote if mid2 else None
        if quote is not None:
            spread = quote.best_ask - quote.best_bid
            window.close(mid2, spread, quote.bid_depth, quote.ask_depth)
            watched.spike.see(mid2)
            closes = watched.meta.closes_at if watched.meta is not None else 0
            watched.kalman.see(mid2, max(0, closes - now) if closes else -1)
        else:
            window.close(0, 0, 0, 0)
            if window.missing == 2:
                watched.forget_prices()
        if now % _TEN_SECONDS == 0:
            window.close_ten()
            watched.learn()
        if watched.is_spoken:
            self._rearm(watched, now)
        if quote is not None:
            watched.measure()
            watched.arm()
            watched.mark_depth(quote, now)
            kinds = watched.stirring()
            if kinds:
                said = [*said, *self._judge(watched, quote, now, at, kinds)]
            if now % _TEN_SECONDS == 0 and (way := self._held.way(watched.market)):
                said = [*said, *self._doubt(watched, quote, way, now, at)]
        window.roll()
        return said

    def _doubt(
        self, watched: Watched, quote: BookChanged, way: int, now: Ns, at: Ns
    ) -> Sequence[Message]:
        """Ask whether what is held still has its reason; said once per episode."""
        finding = doubt(watched.window, watched.mid2, way, self._settings)
        if finding is None:
            return _NOTHING
        episode = watched.episodes[finding.kind]
        episode.last_true = now
        watched.is_spoken = True
        if episode.fired:
            return _NOTHING
        episode.fired = True
        return (self._fire(watched, quote, finding, facts_of(watched, quote, now), at),)

    def _look(self, watched: Watched, quote: BookChanged, at: Ns) -> Sequence[Message]:
        """A threshold was crossed within the second."""
        watched.mark_depth(quote, at)
        settled = not watched.is_muted and watched.depth_settled(at)
        if watched.low2 < watched.mid2 < watched.high2 and not settled:
            return _NOTHING
        said = self._judge(watched, quote, at, at)
        if settled and not said:
            watched.mute_depth()
        return said

    def _judge(
        self,
        watched: Watched,
        quote: BookChanged,
        now: Ns,
        at: Ns,
        kinds: Sequence[SignalKind] = (),
    ) -> list[Message]:
        """Run the rules of `kinds` at the end of a second; within one, those the book can fire.

        What almost was is said only at the end of a second.
        """
        said: list[Message] = []
        settings, episodes = self._settings, watched.episodes
        if kinds:
            silent = watched.open_questions(kinds, quote, now)
        else:
            silent = watched.sudden_questions(quote, now)
        if not silent:
            return said
        facts = facts_of(watched, quote, now)
        if SignalKind.SPIKE in silent:
            add_spike(watched, facts)
        for kind in silent:
            finding = RULES[kind](facts, settings)
            if finding is None:
                continue
            episode = episodes[kind]
            episode.last_true = now
            watched.is_spoken = True
            if finding.fires:
                episode.fired = True
                said.append(self._fire(watched, quote, finding, facts, at))
            elif kinds and not episode.rejected:
                episode.rejected = True
                said.append(SignalRejected(at, watched.market, kind, finding.words()[1]))
        if said:
            watched.arm()
        return said

    def _fire(
        self, watched: Watched, quote: BookChanged, finding: Finding, facts: Facts, at: Ns
    ) -> SignalSeen:
        settings = self._settings
        self._count += 1
        points = score(facts)
        depth = quote.bid_depth + quote.ask_depth
        if finding.kind is SignalKind.SPIKE:
            watched.spike.settle()
        hundredths, act = points // 10_000, settings.act_score_ppm // 10_000
        signal = SignalSeen(
            at,
            SignalId(f"s-{self._count:06d}"),
            watched.market,
            finding.kind,
            finding.advice,
            score_ppm=points,
            mid2=watched.mid2,
            before2=finding.before2,
            best_bid=quote.best_bid,
            best_ask=quote.best_ask,
            expected=expected(watched.mid2, finding.before2),
            expected_after=0,
            reasons=(*finding.words()[0], f"score {_hundredths(hundredths)} of {_hundredths(act)}"),
            volume_ratio=facts.volume_ratio,
            depth_ratio=facts.depth_ratio,
            spread_ratio=facts.spread_ratio,
            change_ppm=facts.change_ppm,
            imbalance_ppm=(quote.bid_depth - quote.ask_depth) * PPM // depth if depth else 0,
            spread=facts.spread,
            ready_s=facts.ready_s,
            volatility=watched.spike.volatility,
        )
        meta = watched.meta
        delay = settings.latency_ms * MS + (meta.taker_delay if meta is not None else 0)
        fees = meta.fees if meta is not None else _NO_FEES
        follow = Follow(signal, fees, delay, settings.follow_s * SECOND)
        watched.follow([*watched.follows, follow])
        return signal

    def _rearm(self, watched: Watched, now: Ns) -> None:
        calm = self._settings.rearm_s * SECOND
        watched.is_spoken = False
        for episode in watched.episodes.values():
            if episode.fired or episode.rejected:
                if now - episode.last_true < calm:
                    watched.is_spoken = True
                else:
                    episode.fired = episode.rejected = False


def _hundredths(value: int) -> str:
    return f"{value // 100}.{value % 100:02d}"
