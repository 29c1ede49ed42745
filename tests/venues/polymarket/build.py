"""Small builders for the Polymarket tests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pmterm.messages.base import Message
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.ids import MarketId, TokenId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.units import SECOND
from pmterm.venues.polymarket.feed import PolymarketFeed

HERE = Path(__file__).parent
YES = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
NO = "52114319501245915516055106046884209969926127482827954674443846427813813222426"
CONDITION = MarketId("0x" + "5f" * 32)
START = 1_780_000_000_000_000_000
POLY = Venue.POLYMARKET


def market(**changes: Any) -> Market:
    fields: dict[str, Any] = {
        "id": CONDITION,
        "venue": POLY,
        "title": "T1 vs VARREL",
        "outcomes": (Outcome("T1", TokenId(YES)), Outcome("VARREL", TokenId(NO))),
        "min_qty": 5_000_000,
    }
    return Market(**(fields | changes))


def opened_feed(*, merge: bool = True) -> PolymarketFeed:
    """A feed that watches one market, is open, and has said so."""
    feed = PolymarketFeed(merge)
    feed.watch(market(), START)
    feed.opened(Opened(START, POLY, 1))
    feed.receive(frame([]))
    return feed


def booked_feed(*, merge: bool = True) -> PolymarketFeed:
    """The same, with its first books there."""
    feed = opened_feed(merge=merge)
    feed.receive(frame([book(YES), book(NO, bids=[("0.6", "7")], asks=[("0.7", "5")])]))
    return feed


def frame(words: Any, at: int = START) -> Frame:
    text = words if isinstance(words, str) else json.dumps(words, separators=(",", ":"))
    return Frame(at, POLY, 1, text)


def row(token: str, side: str, price: str, size: str, **touch: str) -> dict[str, str]:
    return {"asset_id": token, "side": side, "price": price, "size": size, **touch}


def change(*rows: dict[str, str], ms: int = 1_780_000_001_000) -> dict[str, Any]:
    return {
        "event_type": "price_change",
        "market": CONDITION,
        "timestamp": str(ms),
        "price_changes": list(rows),
    }


def book(
    token: str,
    bids: list[tuple[str, str]] | None = None,
    asks: list[tuple[str, str]] | None = None,
    ms: int = 1_780_000_000_500,
    **more: Any,
) -> dict[str, Any]:
    bids = [("0.3", "5")] if bids is None else bids
    asks = [("0.4", "7")] if asks is None else asks
    return {
        "event_type": "book",
        "market": CONDITION,
        "asset_id": token,
        "timestamp": str(ms),
        "hash": "",
        "bids": [{"price": p, "size": s} for p, s in bids],
        "asks": [{"price": p, "size": s} for p, s in asks],
        **more,
    }


def answer(words: Any, token: str = YES, *, at: int = START, status: int = 200) -> HttpResponse:
    text = words if isinstance(words, str) else json.dumps(words)
    return HttpResponse(at, POLY, "GET", f"/book?token_id={token}", status, text)


def event_text(name: str) -> str:
    """The text of a named frame in frames/events.jsonl."""
    for line in (HERE / "frames/events.jsonl").read_text().splitlines():
        found = json.loads(line)
        if found["name"] == name:
            return str(found["text"])
    raise KeyError(name)


def http_text(name: str) -> str:
    return (HERE / "http" / f"{name}.json").read_text()


def recording(name: str) -> Iterator[Message | dict[str, Any]]:
    """The events of a window in frames/, and the metadata of its markets as dicts."""
    for line in (HERE / "frames" / f"{name}.jsonl").read_text().splitlines():
        said = json.loads(line)
        at = said.get("at", 0)
        match said["kind"]:
            case "market":
                yield said["data"]
            case "open":
                yield Opened(at, POLY, said["conn"])
            case "close":
                yield Closed(at, POLY, said["conn"])
            case "frame":
                yield Frame(at, POLY, said["conn"], said["text"])
            case "http":
                yield HttpResponse(
                    at, POLY, said["method"], said["path"], said["status"], said["text"]
                )


LATER = START + 10 * SECOND
