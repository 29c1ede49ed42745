"""What answers to placing, amending and cancelling mean: done, refused, or not known.

Nothing counts as refused without the venue's proof, and nothing as done without its id.
"""

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.said import (
    AmendAccepted,
    MoodSeen,
    OrderAccepted,
    OrderDeclined,
    OrderUnclear,
    VenueMood,
    WithdrawAnswered,
)
from pmterm.messages.transport import HttpResponse
from pmterm.model.ids import OrderId, Venue, VenueOrderId
from pmterm.model.order import OrderState
from pmterm.model.text import clean_text
from pmterm.model.units import Price, Qty, parse_qty
from pmterm.venues.kalshi import fields
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.bodies import Placed
from pmterm.venues.kalshi.known import Known
from pmterm.venues.kalshi.refusals import CANCELLED, Refusal, refusal_of, said_by, said_in

_KALSHI = Venue.KALSHI
_NO_REST = (
    "What did not trade at once was taken back: no more stood at that price, or it would have met "
    "an order of your own."
)


def object_of(text: str) -> Table | None:
    """Return the JSON object in an answer, None if there is none."""
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def is_done(response: HttpResponse) -> bool:
    """Tell whether an answer is of those that say yes."""
    return 200 <= response.status < 300


def moods(response: HttpResponse, refusal: Refusal) -> list[Message]:
    """Say what the venue takes now, if a refusal tells."""
    if refusal.mood is None:
        return []
    return [MoodSeen(response.at, _KALSHI, refusal.mood, response.retry_after_s, refusal.reason)]


def refused(response: HttpResponse, nothing: str, shard: int = 0) -> Refusal:
    """Return what an answer that is no yes means; `nothing` says what is as it was."""
    if response.status:
        return refusal_of(response.status, said_in(response.text), shard, nothing)
    words = clean_text(response.text, 120)
    if response.sent_at:
        reason = f"Kalshi did not answer ({words}): whether it was done is not known."
        return Refusal("unclear", reason, is_proof=False)
    why = words.removeprefix("not sent: ")
    return Refusal("not_sent", f"Not sent: {why}. Nothing left this computer.")


def declined(response: HttpResponse, order: OrderId, refusal: Refusal) -> list[Message]:
    """Say that a request to place or amend was not taken, or that this is not known."""
    if refusal.is_proof:
        said: Message = OrderDeclined(response.at, _KALSHI, order, refusal.code, refusal.reason)
    else:
        said = OrderUnclear(response.at, _KALSHI, order, refusal.reason)
    return [said, *moods(response, refusal)]


def placed(response: HttpResponse, order: OrderId, asked: Placed, known: Known) -> Message:
    """Say what a yes to an order means. Without an id, or with another's name, it is none."""
    body = object_of(response.text)
    if body is None:
        return _unclear(response, order, "Kalshi's answer could not be read")
    try:
        venue_order = VenueOrderId(fields.name(body, "order_id"))
    except ValueError:
        return _unclear(response, order, "Kalshi answered without the order's id")
    if (body.get("client_order_id") or asked.client_order_id) != asked.client_order_id:
        return _unclear(response, order, "Kalshi answered about another order")
    known.learn(asked.client_order_id, venue_order)
    try:
        filled, left = fields.qty(body, "fill_count"), fields.qty(body, "remaining_count")
        state = _state(filled, left, parse_qty(asked.count))
    except ValueError as error:
        return _unclear(response, order, f"Kalshi took it, but told no sizes ({error})")
    reason = _NO_REST if state is OrderState.CANCELLED else ""
    return OrderAccepted(response.at, _KALSHI, order, venue_order, state, filled, reason=reason)


def _state(filled: Qty, left: Qty, count: Qty) -> OrderState:
    if filled + left > count:
        raise ValueError("more than was asked for")
    if left:
        return OrderState.PARTIAL if filled else OrderState.OPEN
    return OrderState.FILLED if filled == count else OrderState.CANCELLED


def amended(
    response: HttpResponse, order: OrderId, venue_order: VenueOrderId, price: Price, qty: Qty
) -> Message:
    """Say what a yes to an amend means; sizes are told only where the amend changed them."""
    body = object_of(response.text)
    if body is None or body.get("order_id") != venue_order:
        return _unclear(response, order, "Kalshi's answer to the amend could not be read")
    try:
        filled = fields.qty(body, "fill_count") if body.get("fill_count") is not None else -1
        if filled >= 0 and body.get("remaining_count") is not None:
            qty = filled + fields.qty(body, "remaining_count")
    except ValueError as error:
        return _unclear(response, order, f"Kalshi amended it, but told no sizes ({error})")
    return AmendAccepted(response.at, _KALSHI, order, price, qty, filled)


def withdrawn(
    response: HttpResponse, order: OrderId, venue_order: VenueOrderId, item: object, known: Known
) -> list[Message]:
    """Say what an answer's word on one cancel means. It often names no client order."""
    if not isinstance(item, dict):
        return [_asking_again(response, order, "Kalshi did not answer about this order")]
    if item.get("order_id") not in (None, "", venue_order):
        return [_asking_again(response, order, "Kalshi answered about another order")]
    if error := item.get("error"):
        said = said_by(error if isinstance(error, dict) else {"message": error})
        status = 404 if said.code.casefold() == "not_found" else 400
        return not_withdrawn(response, order, refusal_of(status, said, nothing=CANCELLED))
    try:
        reduced = fields.qty(item, "reduced_by")
    except ValueError:
        return [_asking_again(response, order, "Kalshi's answer to the cancel could not be read")]
    if item.get("order_id") != venue_order:
        return [_asking_again(response, order, "Kalshi did not say which order it cancelled")]
    if reduced:
        known.cancelled(venue_order, reduced, response.at)
    reason = "" if reduced else "nothing was left to cancel"
    is_done = reduced > 0
    return [WithdrawAnswered(response.at, _KALSHI, order, is_done=is_done, reason=reason)]


def not_withdrawn(response: HttpResponse, order: OrderId, refusal: Refusal) -> list[Message]:
    """Say what a no to a cancel means: 404 is said of cancelled, executed and unknown alike."""
    if refusal.code == "not_found":
        reason = "Kalshi has nothing to cancel there: it may have traded. The order is being read."
        return [WithdrawAnswered(response.at, _KALSHI, order, is_done=False, reason=reason)]
    said: list[Message] = [_asking_again(response, order, refusal.reason)]
    if refusal.mood is VenueMood.CANCEL_ONLY:  # cancels too: the exchange as a whole is paused
        reason = "Kalshi is paused as a whole: orders stay and cannot be cancelled."
        return [*said, MoodSeen(response.at, _KALSHI, VenueMood.CLOSED, reason=reason)]
    return [*said, *moods(response, refusal)]


def _asking_again(response: HttpResponse, order: OrderId, reason: str) -> WithdrawAnswered:
    return WithdrawAnswered(response.at, _KALSHI, order, is_done=None, reason=reason)


def _unclear(response: HttpResponse, order: OrderId, reason: str) -> OrderUnclear:
    words = clean_text(f"{reason}; it is being looked up.", 200)
    return OrderUnclear(response.at, _KALSHI, order, words)
