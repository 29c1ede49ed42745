"""What an answer of the CLOB tells before its contents: words, trouble, and the venue's mood."""

from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.messages.said import MoodSeen, VenueMood
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import Venue
from pmterm.model.text import clean_text
from pmterm.model.units import Ns
from pmterm.venues.polymarket.refusals import (
    DOCTOR,
    LATER,
    NOTHING,
    UNSURE,
    Refusal,
    known_refusal,
    refusal,
)
from pmterm.venues.polymarket.wire import UNREADABLE

VENUE: Final = Venue.POLYMARKET
RESTART_S: Final = 90  # how long the matching engine takes to come back (docs, read 2026-08)
_BLOCKING_503: Final = frozenset({VenueMood.CLOSED, VenueMood.CANCEL_ONLY, VenueMood.POST_ONLY})
NOT_JSON: Final = object()


def ask(at: Ns, method: str, path: str, purpose: str, body: str = "") -> HttpRequest:
    """Return a signed request to the CLOB; orders and cancels go before reads."""
    priority = {"POST": 1, "DELETE": 0}.get(method, 2)
    return HttpRequest(at, VENUE, "clob", method, path, body, purpose, priority, "l2")


def ask_openly(at: Ns, host: str, path: str, purpose: str) -> HttpRequest:
    """Return a question that needs no proof, but whose answer is about us."""
    return HttpRequest(at, VENUE, host, "GET", path, purpose=purpose, auth="open")


def decoded(response: HttpResponse) -> object:
    """Return the body of an answer, `NOT_JSON` if it is none."""
    try:
        body: object = msgspec.json.decode(response.text)
    except UNREADABLE:
        return NOT_JSON
    return body


def trouble(response: HttpResponse) -> Refusal:
    """Return what an answer other than a good one means, and whether it proves anything."""
    status = response.status
    if status == 0:
        return _silence(response)
    body = decoded(response)
    words = _words(body)
    if body is NOT_JSON or not words:
        return _wordless(response)
    known = known_refusal(words)
    if status == 401:
        return known if known is not None and known.mood else refusal("Unauthorized")
    if status == 425:
        return _restarting(is_proof=True)
    if status == 429:
        return refusal("too many requests")
    if known is None:
        return refusal(words)
    is_proof = known.is_proof and (status < 500 or known.mood in _BLOCKING_503)
    if known.is_proof and not is_proof:
        reason = f"Polymarket failed: “{clean_text(words, 160)}”. {UNSURE}"
        return Refusal(known.code, reason, is_proof=False)
    return known


def _silence(response: HttpResponse) -> Refusal:
    why = clean_text(response.text, 120) or "no connection"
    if response.sent_at == 0:
        return Refusal("not_sent", f"It was not sent: {why}. {NOTHING} {LATER}")
    return Refusal("no_answer", f"Polymarket did not answer: {why}. {UNSURE}", is_proof=False)


def _wordless(response: HttpResponse) -> Refusal:
    """Judge an answer that is a web page, cut short, or says nothing."""
    status = response.status
    if status == 425:
        return _restarting(is_proof=False)
    if status == 401:
        return refusal("Unauthorized")
    if status == 403:
        return Refusal(
            "edge_block",
            "Polymarket's edge answered with a web page: it refuses this network, usually its "
            f"country, a data centre or a VPN. {UNSURE} {DOCTOR}",
            is_proof=False,
            mood=VenueMood.BLOCKED,
        )
    what = "in a way pmterm cannot read" if status < 500 else "that it has a fault of its own"
    return Refusal(
        "unread", f"Polymarket answered {what} (HTTP {status}). {UNSURE}", is_proof=False
    )


def _restarting(*, is_proof: bool) -> Refusal:
    meaning = NOTHING if is_proof else UNSURE
    return Refusal(
        "restarting",
        f"Polymarket's matching engine is starting again; that takes about {RESTART_S} seconds. "
        f"{meaning} Wait until it is back.",
        is_proof,
        VenueMood.RESTARTING,
    )


def moods(response: HttpResponse, meant: Refusal) -> Sequence[MoodSeen]:
    """Return what a refusal says of the venue as a whole, if anything."""
    if meant.mood is None:
        return ()
    wait = response.retry_after_s or _told_wait(decoded(response))
    if not wait and meant.mood is VenueMood.RESTARTING:
        wait = RESTART_S
    return (MoodSeen(response.at, VENUE, meant.mood, wait, meant.reason),)


def _told_wait(body: object) -> int:
    told = body.get("retry_after_seconds") if isinstance(body, dict) else None
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 < told < 86_400 else 0


def _words(body: object) -> str:
    """Return the error text of an answer: `error`, on orders `errorMsg`, on beats `error_msg`."""
    if not isinstance(body, dict):
        return body if isinstance(body, str) else ""
    found = (body.get(key) for key in ("error", "errorMsg", "error_msg", "message"))
    return next((word for word in found if isinstance(word, str) and word.strip()), "")
