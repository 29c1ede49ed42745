"""Brute force: every paper fill held against a book that is rebuilt from the raw frames alone.

`python -m tests.lab.fill_oracle FILE...` does so over whole Kalshi recordings.
"""

import json
import random
import sys
from collections import Counter
from pathlib import Path

import msgspec

from pmterm.compose.core import core, read_market
from pmterm.compose.replays import give
from pmterm.config.settings import Settings
from pmterm.lab.nulls import BEGINS, market_of, play
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.commands import CancelOrder, SubmitTicket
from pmterm.messages.feed import BookSnapshot, LevelSet, TradeSeen
from pmterm.messages.orders import Fill, OrderReport, PlaceOrder
from pmterm.messages.transport import Frame, Opened
from pmterm.model.ids import Venue
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.units import CASH_ONE, PRICE_ONE, QTY_ONE, fixed_text
from pmterm.runtime.engine import Woken
from pmterm.runtime.hub import Watching
from pmterm.runtime.replay_desk import events_of
from pmterm.store.recording import RecordingReader

LATENCY = Settings().paper.latency
NEVER = 1 << 60
STANDING = {OrderState.OPEN, OrderState.PARTIAL}


class SlowBook:
    """One market: two dicts, sorted when asked, and what of each level we took already."""

    def __init__(self):
        self.levels = {Side.BUY: {}, Side.SELL: {}}
        self.taken = Counter()
        self.traded = Counter()  # price -> contracts on the tape

    def set(self, side, price, qty):
        if qty:
            self.levels[side][price] = qty
        else:
            self.levels[side].pop(price, None)
        key = side, price
        if key in self.taken:
            self.taken[key] = min(self.taken[key], qty)

    def size(self, side, price):
        return self.levels[side].get(price, 0)

    def left(self, side, price):
        return self.size(side, price) - self.taken[side, price]

    def best(self, side):
        prices = sorted(self.levels[side])
        return (prices[-1] if side is Side.BUY else prices[0]) if prices else None


class Oracle:
    """Reads Kalshi's frames with nothing of ours, and judges fills by them."""

    def __init__(self):
        self.books = {}
        self.orders = {}
        self.placed = {}
        self.filled = Counter()
        self.lines = {}  # order -> (size, traded) at its price whenever a frame had passed
        self.through = Counter()  # order -> contracts that traded beyond its price
        self.queued = Counter()  # order -> contracts that came by the tape
        self.counts = Counter()
        self.wrong = []

    def frame(self, text):
        """Read a frame."""
        words = json.loads(text)
        msg = words.get("msg", {})
        name = msg.get("market_ticker")
        if words["type"] not in {"orderbook_snapshot", "orderbook_delta", "trade"}:
            return
        book = self.books.setdefault(name, SlowBook())
        if words["type"] == "trade":
            self._trade(name, book, msg)
        elif words["type"] == "orderbook_snapshot":
            self._snapshot(book, msg)
        else:
            side, price = _level(msg["side"], msg["price_dollars"])
            book.set(side, price, book.size(side, price) + _qty(msg["delta_fp"]))
        for order, wish in self.orders.items():
            if order in self.lines and wish.market == name:
                self.lines[order].append(
                    (book.size(wish.side, wish.price), book.traded[wish.price])
                )

    def _snapshot(self, book, msg):
        now = {}
        for word, levels in (("yes", "yes_dollars_fp"), ("no", "no_dollars_fp")):
            for price, qty in msg.get(levels, []):
                now[_level(word, price)] = _qty(qty)
        for side in Side:
            for price in list(book.levels[side]):
                if (side, price) not in now:
                    book.set(side, price, 0)
        for (side, price), qty in now.items():
            book.set(side, price, qty)

    def _trade(self, name, book, msg):
        price, qty = _price(msg["yes_price_dollars"]), _qty(msg["count_fp"])
        book.traded[price] += qty
        for order, wish in self.orders.items():
            beyond = price < wish.price if wish.side is Side.BUY else price > wish.price
            if order in self.lines and wish.market == name and beyond:
                self.through[order] += qty

    def hear(self, said):
        if isinstance(said, PlaceOrder):
            self.orders[said.intent.order] = said.intent
            self.placed[said.intent.order] = said.at
        elif isinstance(said, OrderReport):
            self._reported(said)
        elif isinstance(said, Fill):
            self._filled(said)

    def _reported(self, report):
        wish = self.orders[report.order]
        if report.state in STANDING and report.order not in self.lines:
            book = self.books[wish.market]
            self.lines[report.order] = [(book.size(wish.side, wish.price), book.traded[wish.price])]
        elif report.state.is_final:
            self.lines.pop(report.order, None)

    def _filled(self, fill):
        wish = self.orders[fill.order]
        self.filled[fill.order] += fill.qty
        if self.filled[fill.order] > wish.qty:
            self.wrong.append(f"more than was asked: {fill}")
        if fill.at < self.placed[fill.order] + LATENCY:
            self.wrong.append(f"before it could be there: {fill}")
        worse = fill.price > wish.price if wish.side is Side.BUY else fill.price < wish.price
        if worse:
            self.wrong.append(f"beyond its limit: {fill}")
        is_fine = self._maker(fill, wish) if fill.is_maker else self._taker(fill)
        self.counts["maker" if fill.is_maker else "taker"] += 1
        if not is_fine:
            self.wrong.append(f"the book did not allow it: {fill}")

    def _taker(self, fill):
        """It must stand there, and not be taken yet."""
        book, other = self.books[fill.market], fill.side.other
        if book.left(other, fill.price) < fill.qty:
            return False
        book.taken[other, fill.price] += fill.qty
        return True

    def _maker(self, fill, wish):
        """All that stood ahead has traded, or the level was crossed; and only at its own price."""
        if fill.price != wish.price:
            return False
        book = self.books[fill.market]
        now = book.traded[wish.price]
        line = self.lines.get(fill.order, [])
        reached = max((now - traded - size for size, traded in line), default=0)
        allowed = max(0, reached) + self.through[fill.order]
        if self.queued[fill.order] + fill.qty <= allowed:
            self.queued[fill.order] += fill.qty
            self.counts["by the tape"] += 1
            return True
        return self._crossed(fill, wish, book)

    def _crossed(self, fill, wish, book):
        other, need = fill.side.other, fill.qty
        prices = sorted(book.levels[other], reverse=other is Side.BUY)
        for price in prices:
            inside = price <= wish.price if fill.side is Side.BUY else price >= wish.price
            if not inside:
                break
            qty = min(need, max(0, book.left(other, price)))
            book.taken[other, price] += qty
            need -= qty
        self.counts["by crossing"] += need == 0
        return need == 0


def _price(text):
    return round(float(text) * PRICE_ONE)


def _qty(text):
    return round(float(text) * QTY_ONE)


def _level(word, text):
    price = _price(text)
    return (Side.BUY, price) if word == "yes" else (Side.SELL, PRICE_ONE - price)


class Trader:
    """Sends all kinds of orders by chance, wherever a book stands."""

    def __init__(self, seed, every):
        self.chance = random.Random(seed)
        self.every = every
        self.sent = []

    def wants(self, books, at):
        """What it asks for now: mostly nothing."""
        if self.chance.random() > 1 / self.every:
            return []
        markets = [name for name, book in books.items() if all(map(book.best, Side))]
        if not markets:
            return []
        name = self.chance.choice(markets)
        side = self.chance.choice(list(Side))
        return [SubmitTicket(at, name, side, self._qty(), **self._terms(books[name], side))]

    def _qty(self):
        return self.chance.choice((1, 5, 20, 120, 700)) * QTY_ONE

    def _terms(self, book, side):
        if self.chance.random() < 0.4:
            return {}
        way = 1 if side is Side.BUY else -1
        reach = self.chance.choice((-200, -100, 0, 0, 100))
        near = book.best(side) + way * reach
        price = min(max(near // 100 * 100, 100), 9_900)
        kinds = (TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
        return {"price": price, "tif": self.chance.choice(kinds)}


def loose():
    """Settings that let nearly every order through, and never give a taken level back."""
    settings = Settings()
    limits = msgspec.structs.replace(
        settings.risk,
        market_cooldown=0, max_position=NEVER, max_total=NEVER, max_day_loss=NEVER,
        losses_in_row=10**6, max_event=NEVER, max_drawdown_ppm=10**6, max_orders=10**6,
        max_spread=10_000, max_spread_ratio=10**6, min_depth=0, collar_ppm=10**6,
        passive_collar=10_000, move_ppm=10**8,
    )  # fmt: skip
    paper = msgspec.structs.replace(settings.paper, refill=NEVER)
    return msgspec.structs.replace(settings, risk=limits, paper=paper)


def judge(events, *, seed=1, every=25):
    """Play events with a trader by chance; return the oracle that watched."""
    oracle, trader = Oracle(), Trader(seed, every)
    engine = core(loose(), is_watched=False).engine
    engine.listen(dict.fromkeys((PlaceOrder, OrderReport, Fill), oracle.hear))
    is_begun = False
    for event in events:
        if not is_begun:
            is_begun = True
            give(engine, SessionStarted(event.at, "s", Mode.PAPER, "0", 10**7 * CASH_ONE))
        give(engine, Woken(event.at))  # what was due by then met the book as it was
        if isinstance(event, Frame):
            oracle.frame(event.text)
        give(engine, event)
        for wish in trader.wants(oracle.books, event.at + 1):
            give(engine, wish)
            trader.sent.append(wish)
        for order in list(oracle.lines):
            if trader.chance.random() < 0.002:
                give(engine, CancelOrder(event.at + 1, order))
    oracle.counts["sent"] = len(trader.sent)
    oracle.counts["placed"] = len(oracle.orders)
    return oracle


def frames_of(world, seed):
    """Yield a made-up world as Kalshi's wire would tell it."""
    yield Opened(BEGINS, Venue.KALSHI, 1)
    for number in range(world.markets):
        yield Watching(BEGINS, market_of(seed, number), {})
    seqs = Counter()
    sizes = {}
    for said in play(world, seed):
        if isinstance(said, BookSnapshot):
            msg = _snapshot_words(said, sizes)
        elif isinstance(said, LevelSet):
            msg = _delta_words(said, sizes)
        elif isinstance(said, TradeSeen):
            msg = _trade_words(said)
        else:
            continue
        kind, sid, words = msg
        seqs[sid] += 1
        text = json.dumps({"type": kind, "sid": sid, "seq": seqs[sid], "msg": words})
        yield Frame(said.at, Venue.KALSHI, 1, text)


def _snapshot_words(said, sizes):
    sizes.update({(said.market, Side.BUY, price): qty for price, qty in said.bids})
    sizes.update({(said.market, Side.SELL, price): qty for price, qty in said.asks})
    yes = [[fixed_text(price, 4), fixed_text(qty, 6)] for price, qty in said.bids]
    no = [[fixed_text(PRICE_ONE - price, 4), fixed_text(qty, 6)] for price, qty in said.asks]
    words = {"market_ticker": said.market, "yes_dollars_fp": yes, "no_dollars_fp": no}
    return "orderbook_snapshot", 2, words


def _delta_words(said, sizes):
    key = said.market, said.side, said.price
    delta = said.qty - sizes.get(key, 0)
    sizes[key] = said.qty
    is_bid = said.side is Side.BUY
    price = said.price if is_bid else PRICE_ONE - said.price
    return "orderbook_delta", 2, {
        "market_ticker": said.market, "side": "yes" if is_bid else "no",
        "price_dollars": fixed_text(price, 4), "delta_fp": fixed_text(delta, 6),
    }  # fmt: skip


def _trade_words(said):
    return "trade", 3, {
        "market_ticker": said.market, "yes_price_dollars": fixed_text(said.price, 4),
        "count_fp": fixed_text(said.qty, 6), "trade_id": f"t{said.at}-{said.market}-{said.qty}",
        "taker_outcome_side": "yes" if said.taker is Side.BUY else "no",
    }  # fmt: skip


def main():
    wrong = 0
    for name in sys.argv[1:]:
        path = Path(name)
        oracle = judge(events_of(RecordingReader(path), read_market), every=150)
        print(path.name, dict(oracle.counts), f"{len(oracle.wrong)} wrong", flush=True)
        print(*oracle.wrong[:5], sep="\n")
        wrong += len(oracle.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
