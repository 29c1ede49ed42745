"""Every "no" of the CLOB, in its own words.

Source: Polymarket docs, error codes, read 2026-06; bodies as clients reported them 2024 to 2026
(py-clob-client issues 121, 253, 287, 305; py-clob-client-v2 issues 53, 99).
"""

from collections.abc import Mapping
from typing import Any

from pmterm.model.units import Cash, Price, Qty, fixed_text

BAD_PAYLOAD = "Invalid order payload"
NOT_OWNER = "the order owner has to be the owner of the API KEY"
NOT_SIGNER = "the order signer address has to be the address of the API KEY"
NEEDS_DEPOSIT_WALLET = "maker address not allowed, please use the deposit wallet flow"
BAD_SIGNATURE = "invalid signature"
WRONG_VERSION = "order_version_mismatch"
BAD_EXPIRATION = "invalid expiration"
NOT_READY = "the market is not yet ready to process new orders"
POST_ONLY_TYPE = "invalid post-only order: only GTC and GTD order types are allowed"
POST_ONLY_CROSSES = "invalid post-only order: order crosses book"
FOK_KILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_UNMATCHED = (
    "no orders found to match with FAK order. FAK orders are partially filled or killed if no "
    "match is found."
)
DISABLED = "Trading is currently disabled. Check polymarket.com for updates"
CANCEL_ONLY = (
    "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."
)
POST_ONLY_MODE = "post-only mode: only post-only orders and cancels are allowed"
BAD_ORDER_ID = "Invalid orderID"
BAD_BATCH = "Invalid payload"
ALREADY_GONE = "already canceled or matched"
NOT_FOUND = "Order not found or already canceled"
BAD_BEAT = "Invalid Heartbeat ID"
TOO_FAST = "Too many requests"
RESTARTING = "Service is not ready"


class ClobRefused(Exception):
    """The venue says no: `body` and `status` as a single request is answered."""

    def __init__(
        self,
        text: str,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.headers = headers or {}
        self.more = more

    @property
    def body(self) -> dict[str, Any]:
        """What a single request is answered."""
        return {"error": self.text, **self.more}


def banned(address: str) -> str:
    """Say that an account may do nothing."""
    return f"'{address}' address banned"


def closed_only(address: str) -> str:
    """Say that an account may only sell what it has."""
    return f"'{address}' address in closed only mode"


def no_such_book(token: int) -> str:
    """Say that a token does not trade."""
    return f"the orderbook {token} does not exist"


def duplicated(order_id: str) -> str:
    """Say that these very bytes came before."""
    return f"order {order_id} is invalid. Duplicated."


def off_tick(order_id: str, price: str, tick: Price) -> str:
    """Say that a price is none of the market's."""
    return (
        f"order {order_id} is invalid. Price ({price}) breaks minimum tick size rule: "
        f"{fixed_text(tick, 4)}"
    )


def too_small(order_id: str, size: Qty, minimum: Qty) -> str:
    """Say that an order has too few shares to rest."""
    return (
        f"order {order_id} is invalid. Size ({fixed_text(size, 6)}) lower than the minimum: "
        f"{fixed_text(minimum, 6)}"
    )


def under_a_dollar(cash: Cash) -> str:
    """Say that a buy that would trade at once is worth too little."""
    return f"invalid amount for a marketable BUY order (${fixed_text(cash, 6)}), min size: $1"


def too_precise(*, is_buy: bool) -> str:
    """Say that a market order's amounts have too many decimals."""
    kind = "market buy" if is_buy else "sell"
    return (
        f"invalid amounts, the {kind} orders maker amount supports a max accuracy of 2 decimals, "
        "taker amount a max of 4 decimals"
    )


def not_covered(balance: int, active: int, matched: int, amount: int) -> str:
    """Say that there is not enough money, or not enough shares; all in 1e-6."""
    sums = f", sum of active orders: {active}" if active or matched else ""
    sums += f", sum of matched orders: {matched}" if active or matched else ""
    return (
        "not enough balance / allowance: the balance is not enough -> "
        f"balance: {balance}{sums}, order amount: {amount}"
    )


def not_allowed(spender: str, amount: int) -> str:
    """Say that the exchange may not take the money."""
    return (
        "not enough balance / allowance: the allowance is not enough -> "
        f"spender: {spender}, allowance: 0, order amount: {amount}"
    )


def too_many_orders(number: int, most: int) -> str:
    """Say that a batch is too long."""
    return f"Too many orders in payload: {number}, max allowed: {most}"


def too_many_cancels(most: int) -> str:
    """Say that a list of cancels is too long."""
    return f"Too many orders in payload, max allowed: {most}"
