"""One market and its crowd: makers, noise, those who read the news first, and the stampede."""

import math
import random

import msgspec

from pmterm.model.market import MarketStatus, PriceBand
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, QTY_ONE, SECOND, Ns, Price, Qty
from pmterm.sim.events import GridChanged, MarketEvent, StatusChanged, Traded
from pmterm.sim.exchange_orders import Why
from pmterm.sim.listing import Grid, Listing
from pmterm.sim.makers import Maker, Mood, Style, Trading, place_tail
from pmterm.sim.matching import MatchingBook

BELIEF_LAG_S = 1.3
MAKER_WAKE = 4.0  # a second
RUSH_ORDERS = 9.0  # a second
NEWS = 0.025  # a move of the truth that the crowd calls news
FINE_BELOW, FINE_ABOVE = 400, 9_600  # Polymarket docs, tick_size_change, read 2026-08
BAND_S = 30.0
QUIET_HALF_LIFE_S = 6.0


class Alarm(msgspec.Struct, frozen=True):
    """What frightens a crowd: it drives the price `drop` (a share of it) further, then lets go.

    It takes `fall_s` to get there, sells (or buys) for `lasts_s` in all, and half of what it did
    is undone `half_life_s` later. It trades at least `times` what this market has seen in 30 s on
    average.
    """

    side: Side
    drop: float
    times: float
    fall_s: float
    lasts_s: float
    half_life_s: float


class Rush(msgspec.Struct):
    """A stampede under way: orders of one side until `quota` is traded.

    It pushes the makers' log-odds from `start` towards `goal`, `push` with every contract, and
    no faster than in a straight line from `begin` to `there`.
    """

    side: Side
    start: float
    goal: float
    quota: Qty
    begin: Ns
    there: Ns
    until: Ns
    push: float
    half_life_s: float

    def reach(self, at: Ns) -> float:
        """Return the log-odds it may have pushed to by now."""
        way = min(1.0, (at - self.begin) / (self.there - self.begin))
        return self.start + (self.goal - self.start) * way


class Pit:
    """One market: `step` lets its people act for a while around the truth they half know.

    The truth is a probability. Makers believe what they saw a moment ago plus an impact: what the
    flow of orders tells them, right or wrong. The impact fades, so a stampede comes back.
    """

    def __init__(self, listing: Listing, style: Style, chance: random.Random) -> None:
        self.listing = listing
        market = listing.market
        self._style = style
        self._chance = chance
        self.book = MatchingBook(market.id)
        self._trading = Trading(self.book, market.bands, chance)
        self._bands = market.bands
        self._makers = [
            Maker("maker-1", style, 0, 1.0),
            Maker("maker-2", style, 40, 0.6),
            Maker("maker-3", style, 90, 1.4),
        ]
        self._crowd = {maker.owner for maker in self._makers}
        self._mood = Mood()
        self._mood_until: Ns = 0
        self._belief = 0.0
        self._impact = 0.0
        self._half_life_s = 30.0
        self._rush: Rush | None = None
        self._rush_sold: Qty = 0
        self._calm_from: Ns = 0
        self._steady_until: Ns = 0
        self._quiet_until: Ns = 0
        self._seen = 0.5
        self._began: Ns = 0
        self._volume: Qty = 0
        self.is_open = True
        self.is_halted = False

    def open(self, at: Ns, truth: float) -> list[MarketEvent]:
        """Fill the book for the first time."""
        self._began = at
        self._seen = truth
        self._belief = _log_odds(truth)
        events = place_tail(at, self._trading, self._centre(), self._style.level_qty)
        for maker in self._makers:
            events += maker.quote(at, self._trading, self._centre(), self._mood)
        return events

    def close(self, at: Ns, result: int) -> list[MarketEvent]:
        """End trading: every order goes, then the result is known."""
        self.is_open = False
        market = self.listing.market.id
        events: list[MarketEvent] = []
        for name in self.book.all_orders():
            events += self.book.cancel(at, name, Why.MARKET_CLOSED)
        events.append(StatusChanged(at, market, MarketStatus.CLOSED))
        events.append(StatusChanged(at, market, MarketStatus.RESOLVED, result))
        return events

    def step(self, at: Ns, seconds: float, truth: float) -> list[MarketEvent]:
        """Let a short while pass; `truth` is the chance of YES as a viewer knows it."""
        draw = self._chance.random
        self._update_belief(at, seconds, truth)
        made: list[MarketEvent] = []
        centre = self._centre()
        for maker in self._makers:
            if draw() < MAKER_WAKE * seconds:
                made += maker.quote(at, self._trading, centre, self._mood)
            if draw() < self._style.flutter * seconds:
                made += maker.flutter(at, self._trading)
        flow: list[MarketEvent] = []
        if draw() < self._style.takers * seconds:
            side = Side.BUY if draw() < 0.5 else Side.SELL
            flow += self._take(at, side, self._style.taker_qty)
        if draw() < 3 * seconds:
            flow += self._pick_off(at, truth)
        if self._rush is not None:
            flow += self._stampede(at, seconds, self._rush)
        self._hear(flow)
        events = made + flow + self._follow_grid(at)
        self._volume += sum(event.qty for event in events if isinstance(event, Traded))
        return events

    def alarm(self, at: Ns, alarm: Alarm) -> None:
        """Start a stampede."""
        usual = self._usual_30s(at)
        quota = max(int(usual * alarm.times), 20 * self._style.taker_qty * QTY_ONE)
        start = self._belief + self._impact
        sign = 1 if alarm.side is Side.BUY else -1
        goal = _log_odds(min(0.985, max(0.015, _probability(start) * (1 + sign * alarm.drop))))
        until = at + int(alarm.lasts_s * SECOND)
        self._rush = Rush(
            alarm.side,
            start,
            goal,
            quota,
            at,
            at + int(alarm.fall_s * SECOND),
            until,
            abs(goal - start) / (quota * 0.3),
            alarm.half_life_s,
        )
        self._rush_sold = 0
        self._calm_from = max(self._calm_from, until + 45 * SECOND)
        shares = (1.0, 0.45) if alarm.side is Side.BUY else (0.45, 1.0)
        self._feel(until + 3 * SECOND, Mood(*shares))

    def keep_calm(self, quiet_until: Ns, until: Ns) -> None:
        """Start no stampede and withdraw nothing by itself before `until`.

        Before `quiet_until` what the crowd's orders did to the price is soon forgotten, too.
        """
        self._calm_from = max(self._calm_from, until)
        self._steady_until = until
        self._quiet_until = quiet_until

    def vanish(self, at: Ns) -> None:
        """Let liquidity go away for a while: one side, or both with a wide spread."""
        if self._rush is not None or not self._mood.is_calm or at < self._steady_until:
            return
        lasts = int(self._chance.uniform(5, 14) * SECOND)
        kind = self._chance.randrange(3)
        if kind == 0:
            self._feel(at + lasts, Mood(0.15, 1.0))
        elif kind == 1:
            self._feel(at + lasts, Mood(1.0, 0.15))
        else:
            self._feel(at + lasts, Mood(0.2, 0.2, extra_ticks=3))

    def _feel(self, until: Ns, mood: Mood) -> None:
        self._mood = mood
        self._mood_until = until

    def _usual_30s(self, at: Ns) -> float:
        return self._volume * BAND_S * SECOND / max(at - self._began, 60 * SECOND)

    def _centre(self) -> Price:
        return round(_probability(self._belief + self._impact) * PRICE_ONE)

    def _update_belief(self, at: Ns, seconds: float, truth: float) -> None:
        share = 1 - math.exp(-seconds / BELIEF_LAG_S)
        self._belief += (_log_odds(truth) - self._belief) * share
        if self._rush is None:
            half_life_s = QUIET_HALF_LIFE_S if at < self._quiet_until else self._half_life_s
            self._impact *= 0.5 ** (seconds / half_life_s)
        if not self._mood.is_calm and at >= self._mood_until:
            self._mood = Mood()
        self._react(at, truth)

    def _react(self, at: Ns, truth: float) -> None:
        """Sometimes make a stampede of a piece of news, and go further than it says."""
        moved, self._seen = truth - self._seen, truth
        if abs(moved) < NEWS or at < self._calm_from or self._rush is not None:
            return
        if self._chance.random() < 0.4:
            side = Side.BUY if moved > 0 else Side.SELL
            too_far = abs(moved) * self._chance.uniform(1.4, 2.0) / max(0.05, self._seen)
            fall_s = self._chance.uniform(6, 12)
            half_life_s = self._chance.uniform(22, 40)
            self.alarm(at, Alarm(side, min(0.3, too_far), 2.5, fall_s, fall_s + 2, half_life_s))

    def _take(self, at: Ns, side: Side, contracts: float) -> list[MarketEvent]:
        qty = self._trading.qty(contracts)
        return self._trading.hit(at, "crowd", side, self._trading.beyond(side, 2), qty)

    def _pick_off(self, at: Ns, truth: float) -> list[MarketEvent]:
        """Those who saw it first take what is offered too cheap; value seekers do so later."""
        worth = round(truth * PRICE_ONE)
        book = self.book
        if book.best_ask < worth - 150:
            side = Side.BUY
        elif book.best_bid > worth + 150:
            side = Side.SELL
        else:
            return []
        if self._rush is not None or self._chance.random() < 0.5:
            return []
        return self._take(at, side, self._style.taker_qty)

    def _stampede(self, at: Ns, seconds: float, rush: Rush) -> list[MarketEvent]:
        events: list[MarketEvent] = []
        left_s = max(seconds, (rush.until - at) / SECOND)
        orders = RUSH_ORDERS * seconds
        while orders > 0 and self._chance.random() < orders:
            orders -= 1
            need = max(0, rush.quota - self._rush_sold) / QTY_ONE
            contracts = max(self._style.taker_qty, need / left_s / RUSH_ORDERS)
            events += self._take(at, rush.side, contracts)
        if at >= rush.until:
            self._half_life_s = rush.half_life_s
            self._rush = None
        return events

    def _hear(self, events: list[MarketEvent]) -> None:
        """Learn from the crowd's trades: the makers move with the flow, not with each other."""
        rush = self._rush
        for event in events:
            if not isinstance(event, Traded):
                continue
            sign = 1 if event.taker is Side.BUY else -1
            if rush is None:
                self._impact += sign * 0.004 * event.qty / (self._style.taker_qty * QTY_ONE)
                self._impact = max(-1.2, min(1.2, self._impact))
            elif event.taker is rush.side:
                self._rush_sold += event.qty
                room = rush.reach(event.at) - self._belief - self._impact
                self._impact += sign * min(max(0.0, sign * room), rush.push * event.qty)

    def _follow_grid(self, at: Ns) -> list[MarketEvent]:
        """Polymarket makes its tick ten times finer near 0 and 1, and coarse again."""
        if len(self._bands) > 1 or not self.listing.market.outcomes[0].token:
            return []
        step = self._bands[0].step
        centre = self._centre()
        is_edge = not FINE_BELOW <= centre <= FINE_ABOVE
        is_back = FINE_BELOW + 100 < centre < FINE_ABOVE - 100
        if (step == 100 and not is_edge) or (step == 10 and not is_back):
            return []
        wanted = 10 if is_edge else 100
        events: list[MarketEvent] = []
        for name in self.book.orders_off(wanted):
            events += self.book.cancel(at, name, Why.TICK_CHANGED)
        for maker in self._makers:
            maker.leave()
        for name in self.book.all_orders():
            order = self.book.order(name)
            if order is not None and order.owner in self._crowd:
                events += self.book.cancel(at, name)
        self._bands = (PriceBand(0, PRICE_ONE, wanted),)
        self._trading.grid = Grid(self._bands)
        events.append(GridChanged(at, self.listing.market.id, wanted, step))
        return events


def _log_odds(chance: float) -> float:
    inside = min(0.995, max(0.005, chance))
    return math.log(inside / (1 - inside))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
