"""Builders for the tests of trading on Polymarket."""

import json
from pathlib import Path
from typing import Any

from tests.venues.polymarket.build import NO, POLY, START, YES, market

from pmterm.messages.orders import Intent
from pmterm.messages.transport import HttpRequest, HttpResponse, UserFrame
from pmterm.model.ids import OrderId
from pmterm.model.order import Side, TimeInForce
from pmterm.model.secret import Secret
from pmterm.model.units import MS, SECOND
from pmterm.venues.base import OrderSent
from pmterm.venues.polymarket.naming import Trader
from pmterm.venues.polymarket.orders import PolymarketOrders
from pmterm.venues.polymarket.signing import SignatureType
from pmterm.venues.polymarket.wallet import Wallet, load_wallet

HERE = Path(__file__).parent
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
FUNDER = "0xa3D82Ed56F4c68d2328Fb8c29e568Ba2cAF7d7c8"
OWNER = "3e2c94ca-8124-c4c1-c7ea-be1ea21b71fe"
STRANGER = "0x64B7a036c378f9CF8163A5480437CD12Ae14b6A1"
__all__ = ["NO", "POLY", "START", "YES", "market"]


def wallet() -> Wallet:
    return load_wallet(Secret(KEY))


def trader(kind: SignatureType = SignatureType.DEPOSIT_WALLET, funder: str = FUNDER) -> Trader:
    return Trader(kind, funder, OWNER)


def wing(**changes: Any) -> PolymarketOrders:
    """A wing that knows the usual market."""
    one = PolymarketOrders(wallet(), trader(), **changes)
    one.learn(market())
    return one


def intent(**changes: Any) -> Intent:
    fields: dict[str, Any] = {
        "at": START,
        "order": OrderId("s1-00001"),
        "market": market().id,
        "side": Side.BUY,
        "qty": 10_000_000,
        "price": 5_600,
        "tif": TimeInForce.GTC,
    }
    return Intent(**(fields | changes))


def sent(name: str = "0x" + "ab" * 32, **changes: Any) -> OrderSent:
    fields: dict[str, Any] = {
        "order": OrderId("s1-00001"),
        "market": market().id,
        "outcome": 0,
        "side": Side.BUY,
        "price": 5_600,
        "qty": 10_000_000,
        "filled": 0,
        "named": name,
    }
    return OrderSent(**(fields | changes))


def reply(
    request: HttpRequest, words: Any, status: int = 200, *, late: int = 200, **changes: Any
) -> HttpResponse:
    """The answer to a request: JSON of `words`, or a text as it is."""
    text = words if isinstance(words, str) else json.dumps(words)
    fields: dict[str, Any] = {
        "at": request.at + late * MS,
        "venue": POLY,
        "method": request.method,
        "path": request.path,
        "status": status,
        "text": text,
        "purpose": request.purpose,
        "auth": request.auth,
        "asked_at": request.at,
        "sent_at": request.at + MS,
    }
    return HttpResponse(**(fields | changes))


def user_frame(words: Any, at: int = START + SECOND) -> UserFrame:
    text = words if isinstance(words, str) else json.dumps(words, separators=(",", ":"))
    return UserFrame(at, POLY, 1, text)


def user_event(name: str) -> dict[str, Any]:
    """A named event of the user stream in frames/user.jsonl."""
    for line in (HERE / "frames/user.jsonl").read_text().splitlines():
        found: dict[str, Any] = json.loads(line)
        if found["name"] == name:
            event: dict[str, Any] = found["event"]
            return event
    raise KeyError(name)


def order_row(name: str = "0x" + "ab" * 32, **changes: Any) -> dict[str, Any]:
    """A row of GET /data/orders."""
    row = {
        "id": name,
        "status": "LIVE",
        "market": market().id,
        "asset_id": YES,
        "side": "BUY",
        "original_size": "10",
        "size_matched": "0",
        "price": "0.56",
        "outcome": "T1",
        "order_type": "GTC",
        "maker_address": FUNDER,
        "owner": OWNER,
        "expiration": "0",
        "associate_trades": [],
        "created_at": 1_780_000_000,
    }
    return row | changes


def trade_row(trade: str = "t-1", name: str = "0x" + "ab" * 32, **changes: Any) -> dict[str, Any]:
    """A row of GET /data/trades in which we took."""
    row = {
        "id": trade,
        "taker_order_id": name,
        "market": market().id,
        "asset_id": YES,
        "side": "BUY",
        "size": "4",
        "fee_rate_bps": "0",
        "price": "0.56",
        "status": "MATCHED",
        "match_time": "1780000001",
        "last_update": "1780000002",
        "outcome": "T1",
        "owner": OWNER,
        "maker_address": FUNDER,
        "trader_side": "TAKER",
        "maker_orders": [],
    }
    return row | changes


def page(rows: list[Any], cursor: str = "LTE=") -> dict[str, Any]:
    return {"data": rows, "next_cursor": cursor, "limit": 100, "count": len(rows)}
