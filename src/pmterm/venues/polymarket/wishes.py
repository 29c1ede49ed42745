"""What the feed asks for and complains of, as messages."""

import msgspec

from pmterm.messages.health import Surprised
from pmterm.messages.transport import HttpRequest, SendText
from pmterm.model.ids import Venue
from pmterm.model.text import clean_text
from pmterm.model.units import Ns
from pmterm.venues.polymarket.lines import Line

VENUE = Venue.POLYMARKET


def send(at: Ns, words: dict[str, object]) -> SendText:
    """Send these words on the stream."""
    return SendText(at, VENUE, msgspec.json.encode(words).decode())


def subscribe_first(at: Ns, tokens: list[str]) -> SendText:
    """Open the conversation; said twice on one connection it would be refused."""
    return send(at, {"type": "market", "assets_ids": tokens, "custom_feature_enabled": True})


def subscribe_more(at: Ns, tokens: list[str]) -> SendText:
    """Follow further tokens."""
    words = {"operation": "subscribe", "assets_ids": tokens, "custom_feature_enabled": True}
    return send(at, words)


def unsubscribe(at: Ns, tokens: list[str]) -> SendText:
    """Stop following tokens."""
    return send(at, {"operation": "unsubscribe", "assets_ids": tokens})


def fetch_book(line: Line, at: Ns, why: str) -> HttpRequest:
    """Ask REST for the book of a line; `why` is "book" or "compare"."""
    path = f"/book?token_id={line.token}"
    return HttpRequest(at, VENUE, "clob", "GET", path, purpose=f"{why}:{line.token}")


def surprised(at: Ns, kind: str, text: str) -> Surprised:
    """Count something that did not fit, with a cleaned excerpt."""
    return Surprised(at, VENUE, kind, clean_text(text, 120))
