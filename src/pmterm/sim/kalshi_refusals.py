"""How Kalshi says no: a status, and one of four shapes of body.

Source: Kalshi docs, errors, read 2026-10; bodies as recorded from the demo exchange 2026-06 and in
public reports until 2026-10.
"""

from typing import Any

from aiohttp import web

from pmterm.sim.answers import answer

STATUSES = {  # of each code that a request can be refused with
    "insufficient_balance": 400,
    "invalid_order": 400,
    "invalid_order_size": 400,
    "invalid_parameters": 400,
    "invalid_price": 400,
    "market_inactive": 400,
    "MARKET_NOT_ACTIVE": 400,
    "missing_parameters": 400,
    "order_id_and_client_order_id_mismatch": 400,
    "order_side_mismatch": 400,
    "order_ticker_mismatch": 400,
    "forbidden": 403,
    "market_not_found": 404,
    "not_found": 404,
    "order_group_not_found": 404,
    "user_not_found": 404,
    "exchange_is_paused": 409,
    "fill_or_kill_insufficient_resting_volume": 409,
    "immediate_or_cancel_insufficient_resting_volume": 409,
    "order_already_exists": 409,
    "trading_is_paused": 409,
    "transfer_already_exists": 409,
    "too_many_requests": 429,
}
NO_USER = (
    "Exchange user not found. The account has never held a balance on this exchange shard. "
    "See the Exchange Sharding documentation."
)
LOCKED_KEY = "this API key is restricted to a single sub-account and cannot access this endpoint"


class Refusal(Exception):
    """A request is not carried out. `error` is what stands inside the body's `error`."""

    def __init__(self, code: str, details: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.status = STATUSES[code]
        self.error: dict[str, Any] = {"code": code, "message": code.replace("_", " ")}
        if details:
            self.error["details"] = details

    def answer(self) -> web.Response:
        """Return it as a whole answer, in the shape most refusals have."""
        return answer({"error": self.error}, self.status)


class Undecodable(Exception):
    """A body's JSON does not fit; answered flat, in the words of the venue's JSON library."""

    def __init__(self, details: str) -> None:
        super().__init__(details)
        self.details = details

    def answer(self) -> web.Response:
        """Return it as a whole answer, its keys at the top."""
        body = {"code": "bad_request", "message": "bad request", "details": self.details}
        return answer(body, 400)


class BadQuery(Exception):
    """A query's parameter is out of bounds; answered as `{"msg": ...}`."""

    def __init__(self, call: str, field: str, tag: str) -> None:
        super().__init__(field)
        self.text = (
            f"Parameter validation failed for {call}: Key: '{call}Params.{field}' "
            f"Error:Field validation for '{field}' failed on the '{tag}' tag"
        )

    def answer(self) -> web.Response:
        """Return it as a whole answer."""
        return answer({"msg": self.text}, 400)
