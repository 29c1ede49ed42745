"""What the answer to an order means: taken, declined, or not known.

Taken is only what says so in every field and names our order; the venue sends `success: true` with
an error text, and a status of `unmatched` that its own documents read in two ways.
"""

from typing import Final

import msgspec

from pmterm.messages.orders import OrderNamed
from pmterm.messages.said import OrderAccepted, OrderDeclined, OrderUnclear
from pmterm.messages.transport import HttpResponse
from pmterm.model.ids import OrderId
from pmterm.model.order import OrderState
from pmterm.model.text import clean_text
from pmterm.model.units import MS, Ns, Qty
from pmterm.venues.polymarket.answers import VENUE, trouble
from pmterm.venues.polymarket.loose import number
from pmterm.venues.polymarket.refusals import UNSURE, Refusal, refusal
from pmterm.venues.polymarket.wire import UNREADABLE

Verdict = OrderAccepted | OrderDeclined | OrderUnclear
USUAL_DELAY: Final[Ns] = 250 * MS
DUST: Final = 10_000  # a cent, or a hundredth of a share: what rounding may leave over


class _Order(msgspec.Struct):
    side: str
    maker_amount: str = msgspec.field(name="makerAmount")
    taker_amount: str = msgspec.field(name="takerAmount")


class _Body(msgspec.Struct):
    order: _Order
    kind: str = msgspec.field(name="orderType")


class _Answer(msgspec.Struct):
    """POST /order, HTTP 200; amounts are decimals of dollars and shares, "" where none traded."""

    success: bool
    status: str = ""
    error: str = msgspec.field(name="errorMsg", default="")
    id: str = msgspec.field(name="orderID", default="")
    making: str | None = msgspec.field(name="makingAmount", default="")
    taking: str | None = msgspec.field(name="takingAmount", default="")


_answers = msgspec.json.Decoder(_Answer)
_bodies = msgspec.json.Decoder(_Body)


def verdict_of(response: HttpResponse, named: OrderNamed, delay: Ns) -> tuple[Verdict, Refusal]:
    """Return what an answer to `POST /order` proves, and what was refused (code "" if nothing).

    An `OrderAccepted` of state SENT that no delay holds back says that the order is there, not
    where it stands: look at it.
    """
    at, order = response.at, named.order
    if not 200 <= response.status < 300:
        return _judged(at, named, trouble(response))
    try:
        answer = _answers.decode(response.text)
    except UNREADABLE:
        return _unclear(at, order, "Polymarket's answer was cut short or unreadable.")
    if answer.error:
        meant = refusal(answer.error)
        is_denied = not answer.id or not answer.success
        if meant.code != "duplicate" and not (meant.is_proof and is_denied):
            meant = msgspec.structs.replace(meant, is_proof=False)
        return _judged(at, named, meant)
    if not answer.success or answer.status not in {"live", "matched", "delayed"}:
        words = clean_text(answer.status, 40)
        return _unclear(at, order, f"Polymarket answered with the status “{words}”.")
    if answer.id.lower() != named.venue_order:
        return _unclear(at, order, "Polymarket's answer names another order.")
    return _accepted(at, named, answer, delay or USUAL_DELAY), _NOTHING


def _judged(at: Ns, named: OrderNamed, meant: Refusal) -> tuple[Verdict, Refusal]:
    order = named.order
    if meant.code == "duplicate":
        there = OrderAccepted(
            at, VENUE, order, named.venue_order, OrderState.SENT, 0, reason=meant.reason
        )
        return there, meant
    if meant.is_proof:
        return OrderDeclined(at, VENUE, order, meant.code, meant.reason), meant
    return OrderUnclear(at, VENUE, order, meant.reason), meant


def _unclear(at: Ns, order: OrderId, what: str) -> tuple[Verdict, Refusal]:
    return OrderUnclear(at, VENUE, order, f"{what} {UNSURE}"), _NOTHING


def _accepted(at: Ns, named: OrderNamed, answer: _Answer, delay: Ns) -> OrderAccepted:
    if answer.status == "delayed":
        reason = "held back by the venue's taker delay"
        return OrderAccepted(
            at, VENUE, named.order, named.venue_order, OrderState.SENT, 0, delay, reason
        )
    state, filled, reason = _standing(named, answer)
    return OrderAccepted(at, VENUE, named.order, named.venue_order, state, filled, reason=reason)


def _standing(named: OrderNamed, answer: _Answer) -> tuple[OrderState, Qty, str]:
    """Return the state after an order was taken, what filled, and why the rest did not."""
    body = _bodies.decode(named.body)
    making, taking = _amount(answer.making), _amount(answer.taking)
    is_buy = body.order.side == "BUY"
    filled, wanted = (
        (taking, int(body.order.taker_amount)) if is_buy else (making, int(body.order.maker_amount))
    )
    if body.kind in {"GTC", "GTD"}:
        if filled >= wanted:
            return OrderState.FILLED, filled, ""
        return (OrderState.PARTIAL if filled else OrderState.OPEN), filled, ""
    if answer.status == "live" or not filled:
        return OrderState.SENT, 0, "taken; how much of it traded is not told yet"
    if body.kind == "FOK" or int(body.order.maker_amount) - making < DUST:
        return OrderState.FILLED, filled, ""
    return OrderState.CANCELLED, filled, "the rest found no match"


def _amount(told: str | None) -> int:
    """Return an amount in 1e-6, rounded down; 0 where none is told."""
    value = number({"amount": told}, "amount")
    return max(0, int(value.scaleb(6))) if value is not None else 0


_NOTHING: Final = Refusal("", "")
