"""A feed and a venue that says what a test says, and frames written short."""

import json
from collections.abc import Sequence

from pmterm.messages.base import Message
from pmterm.messages.transport import Frame, Opened, SendText
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.units import MS, SECOND
from pmterm.venues.kalshi.feed import KalshiFeed

A = MarketId("KXVALORANTGAME-26NOV21AAABBB-AAA")
B = MarketId("KXVALORANTGAME-26NOV21AAABBB-BBB")
BOOK_SID = 3


def market(ticker: MarketId = A, **fields) -> Market:
    outcomes = (Outcome("Sentinels"), Outcome("No"))
    return Market(id=ticker, venue=Venue.KALSHI, title="t", outcomes=outcomes, **fields)


class Talk:
    """A feed and a venue that says what the test says; time moves 1 ms per frame."""

    def __init__(self, *markets: Market, use_yes_price: bool = False) -> None:
        self.feed = KalshiFeed(use_yes_price=use_yes_price)
        self.at = 1_000 * SECOND
        self.conn = 1
        for one in markets:
            self.feed.watch(one, self.at)

    def open(self) -> Sequence[Message]:
        return self.feed.opened(Opened(self.at, Venue.KALSHI, self.conn))

    def hear(self, words: dict | str) -> Sequence[Message]:
        self.at += MS
        text = words if isinstance(words, str) else json.dumps(words)
        return self.feed.receive(Frame(self.at, Venue.KALSHI, self.conn, text))

    def tick(self, seconds: int = 1) -> list[Message]:
        said: list[Message] = []
        for _ in range(seconds):
            self.at += SECOND
            said += self.feed.tick(self.at)
        return said


def subscribed(channel: str, sid: int, command: int = 1) -> dict:
    return {"type": "subscribed", "id": command, "msg": {"channel": channel, "sid": sid}}


def snapshot(seq: int | None, yes=(), no=(), ticker: str = A, sid: int = BOOK_SID) -> dict:
    msg = {"market_ticker": ticker, "market_id": "m"}
    if yes:
        msg["yes_dollars_fp"] = yes
    if no:
        msg["no_dollars_fp"] = no
    frame = {"type": "orderbook_snapshot", "sid": sid, "msg": msg}
    return frame if seq is None else {**frame, "seq": seq}


def delta(seq: int, price="0.4500", qty="2.00", side="yes", ticker=A, sid=BOOK_SID) -> dict:
    msg = {"market_ticker": ticker, "price_dollars": price, "delta_fp": qty, "side": side}
    return {"type": "orderbook_delta", "sid": sid, "seq": seq, "msg": {**msg, "ts_ms": 1_700}}


def commands(said: Sequence[Message]) -> list[dict]:
    return [json.loads(m.text) for m in said if isinstance(m, SendText)]


def kinds(said: Sequence[Message]) -> list[str]:
    return [type(m).__name__ for m in said]
