"""What a venue's refusal means, for the person at the keyboard."""

import msgspec

from pmterm.messages.transport import HttpResponse
from pmterm.model.errors import CredentialsWrong, PmtermError, TransportLost, VenueRefused
from pmterm.model.text import clean_text


def explain(response: HttpResponse) -> PmtermError:
    """Return the error that says what an answer other than 2xx means and what to do about it."""
    status, venue = response.status, response.venue.value
    if status == 0:
        return TransportLost(
            f"{venue}: {clean_text(response.text)}", "pmterm goes on trying by itself."
        )
    if 300 <= status < 400:
        return _refused(
            response,
            f"{venue} sent us to another address (HTTP {status}); pmterm does not follow",
            "A hotel or company network may be in the way, or the address in the settings is old.",
        )
    if status == 401:
        return CredentialsWrong(
            f"{venue} does not accept the key (HTTP 401): {said(response.text)}",
            "Check the key id and key file, and that this computer's clock is right.",
        )
    if status == 403:
        return _forbidden(response)
    if status in {425, 429, 503} or status >= 500:
        return _busy(response)
    return _refused(response, f"{venue} said no (HTTP {status}): {said(response.text)}", "")


def refused_stream(venue: str, status: int, body: str) -> PmtermError:
    """Return what it means that a stream's handshake was answered with `status` instead of 101."""
    at_door = f"{venue}: the stream was refused (HTTP {status})"
    if status in {301, 302, 303, 307, 308}:
        return VenueRefused(
            f"{at_door}, sent on to another address; pmterm does not follow",
            "Check the stream address in the settings.",
            status=status,
        )
    if status == 401:
        return CredentialsWrong(
            f"{at_door}: {said(body)}",
            "Check the key id and key file, and that this computer's clock is right.",
        )
    if status == 403 and is_page(body):
        return VenueRefused(f"{at_door} by its edge", _EDGE_HINT, status=status)
    if status in {408, 425, 429} or status >= 500:
        return TransportLost(f"{at_door}: {said(body)}", "pmterm goes on trying by itself.")
    hint = _RIGHTS_HINT if status == 403 else "Check the stream address in the settings."
    return VenueRefused(f"{at_door}: {said(body)}", hint, status=status)


_EDGE_HINT = (
    "A web page came instead of data: the edge in front of the venue blocks this network. "
    "Usual reasons: the country, a data-centre or VPN address. Watching may still work elsewhere; "
    "pmterm will not go round it."
)
_RIGHTS_HINT = "The key may lack a right, or the venue does not serve this account or country."


def said(text: str) -> str:
    """Return the venue's own words out of an error body: short, cleaned, never a whole page."""
    if is_page(text):
        return "a web page, not data"
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return clean_text(text, 160) or "no words"
    return clean_text(_words_in(body), 160) or "no words"


def is_page(text: str) -> bool:
    """Tell whether a body is HTML."""
    head = text[:512].lstrip("\ufeff \t\r\n").lower()
    return head.startswith(("<!doctype html", "<html", "<head", "<!--", "<body"))


def _words_in(body: object) -> str:
    """Find the words in Polymarket's `{"error": ".."}` or Kalshi's `{"error": {"message": ..}}`."""
    if isinstance(body, str):
        return body
    if isinstance(body, dict):
        for key in ("message", "error", "errorMsg", "msg", "details"):
            if body.get(key):
                return _words_in(body[key])
    return ""


def _forbidden(response: HttpResponse) -> PmtermError:
    venue = response.venue.value
    if is_page(response.text):
        return _refused(response, f"{venue}'s edge blocks this network (HTTP 403)", _EDGE_HINT)
    return _refused(
        response,
        f"{venue} does not allow this (HTTP 403): {said(response.text)}",
        _RIGHTS_HINT,
    )


def _busy(response: HttpResponse) -> PmtermError:
    venue, status = response.venue.value, response.status
    wait = response.retry_after_s or _told_in_body(response.text)
    later = f"Try again in {wait} s." if wait else "Try again a little later."
    meaning = {
        425: "its matching engine is starting again; this takes about 90 s",
        429: "we asked too often",
        503: "it does not take this now",
    }.get(status, "it has a fault of its own")
    detail = f"{venue}: {meaning} (HTTP {status}): {said(response.text)}"
    return VenueRefused(detail, later, status=status, retry_after_s=float(wait))


def _told_in_body(text: str) -> int:
    """Read `retry_after_seconds` (Polymarket docs, post-only mode, read 2026-10)."""
    try:
        return max(msgspec.json.decode(text, type=_Later).retry_after_seconds, 0)
    except (msgspec.DecodeError, RecursionError):
        return 0


class _Later(msgspec.Struct):
    retry_after_seconds: int = 0


def _refused(response: HttpResponse, detail: str, hint: str) -> VenueRefused:
    wait = float(response.retry_after_s)
    return VenueRefused(detail, hint, status=response.status, retry_after_s=wait)
