"""Commands on Kalshi's stream as they are read, and what is said when one cannot be done.

Source: Kalshi docs, websocket commands and error codes, read 2026-10.
"""

from typing import Any

import msgspec

from pmterm.model.ids import MarketId

ERRORS = {
    1: "Unable to process message",
    2: "Params required",
    3: "Channels required",
    4: "Subscription IDs required",
    5: "Unknown command",
    7: "Unknown subscription ID",
    8: "Unknown channel name",
    9: "Authentication required",
    10: "Channel error",
    11: "Invalid parameter",
    12: "Exactly one subscription ID is required",
    13: "Unsupported action",
    14: "Market Ticker required",
    15: "Action required",
    18: "Command timeout",
    25: "Subscription buffer overflow",
    26: "Subscription market limit exceeded",
    27: "Too many requests",
}


class Params(msgspec.Struct):
    """What a command says besides its name."""

    channels: list[str] = []
    market_ticker: str = ""
    market_tickers: list[str] = []
    send_initial_snapshot: bool = False
    skip_ticker_ack: bool = False
    use_yes_price: bool = False
    sid: int = 0
    sids: list[int] = []
    action: str = ""

    def tickers(self) -> list[str]:
        """Return the markets named, in either way."""
        return self.market_tickers or ([self.market_ticker] if self.market_ticker else [])

    def all_sids(self) -> list[int]:
        """Return the subscriptions named, in either way."""
        return self.sids or ([self.sid] if self.sid else [])


class Command(msgspec.Struct):
    """One command; `id` is the client's, 0 if it gave none."""

    id: int = 0
    cmd: str = ""
    params: Params | None = None


class CannotDo(Exception):
    """A command cannot be done; carries the venue's error code."""

    def __init__(self, code: int, market: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.market = market


read_command = msgspec.json.Decoder(Command).decode
_encode = msgspec.json.encode


def failure(command: int, code: int, market: str = "") -> str:
    """Return the frame that says so; `command` 0 is left out."""
    msg: dict[str, Any] = {"code": code, "msg": ERRORS.get(code, "Error")}
    if market:
        msg["market_ticker"] = MarketId(market)
    body: dict[str, Any] = {"type": "error", "id": command, "msg": msg}
    if not command:
        del body["id"]
    return _encode(body).decode()
