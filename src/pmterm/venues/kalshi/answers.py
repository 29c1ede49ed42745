"""REST answers read: the body as a table, or the reason why there is none."""

from typing import Any, TypeAlias

import msgspec

from pmterm.messages.transport import HttpResponse
from pmterm.model.errors import TransportLost, VenueRefused, WireSurprise
from pmterm.model.text import clean_text

Table: TypeAlias = dict[str, Any]
LONGEST_ANSWER = 64 * 1024 * 1024

_HINTS = {
    401: "The key, its signature or this computer's clock was refused.",
    403: "The edge before the venue turned us away: usually the country, the network or a VPN.",
    429: "We asked too often; wait a few seconds.",
}
_SERVER_HINT = "The venue has trouble or is in maintenance (Thursdays 03:00-05:00 US Eastern)."


def body_of(response: HttpResponse) -> Table | None:
    """Return the JSON object of an answer, None for 404.

    Raises:
        TransportLost: no answer came.
        VenueRefused: any other status than 200, with the venue's own words and what they mean.
        WireSurprise: 200, but not a JSON object.
    """
    if response.status == 404:
        return None
    if response.status == 0:
        raise TransportLost("Kalshi did not answer.", clean_text(response.text, 120))
    if response.status != 200:
        hint = _SERVER_HINT if response.status >= 500 else _HINTS.get(response.status, "")
        detail = f"Kalshi answered {response.status}"
        words = reason_of(response.text)
        raise VenueRefused(f"{detail}: {words}" if words else detail, hint, status=response.status)
    try:
        if len(response.text) > LONGEST_ANSWER:
            raise WireSurprise("Kalshi sent an answer too long to read.")
        body = msgspec.json.decode(response.text)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        detail = f"Kalshi's answer is not JSON: {clean_text(response.text, 80)}"
        raise WireSurprise(detail) from error
    if not isinstance(body, dict):
        raise WireSurprise(f"Kalshi's answer is not an object: {clean_text(response.text, 80)}")
    return body


def reason_of(text: str) -> str:
    """Return why a request failed: one of four JSON shapes, else the start of the text.

    Shapes seen (Kalshi demo, recorded 2026-06): {"error": {code, message, details}},
    {code, message, details}, {"error": text}, {"msg": text}; the edge answers HTML.
    """
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        start = text.lstrip()[:15].lower()
        if start.startswith(("<!doctype", "<html")):
            return "a web page instead of data"
        return clean_text(text, 200)
    if not isinstance(body, dict):
        return clean_text(text, 200)
    inner = body.get("error", body)
    if isinstance(inner, str):
        return clean_text(inner, 200)
    if isinstance(inner, dict):
        parts = [inner.get(key) for key in ("message", "details", "msg")]
        told = list(dict.fromkeys(part for part in parts if isinstance(part, str) and part))
        return clean_text(": ".join(told), 200)
    return clean_text(text, 200)
