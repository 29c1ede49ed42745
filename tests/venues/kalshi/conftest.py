"""Real frames and answers as the feed and the catalog meet them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.venues.kalshi.talk import BOOK_SID, A, B, Talk, market, snapshot, subscribed

from pmterm.messages.base import Message
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.ids import Venue

HERE = Path(__file__).parent


@pytest.fixture
def recorded() -> Callable[[str], list[dict]]:
    return lambda name: [
        json.loads(line) for line in (HERE / "frames" / name).read_text().splitlines()
    ]


@pytest.fixture
def events(recorded) -> Callable[[str], list[Message]]:
    def read(name: str) -> list[Message]:
        made: list[Message] = []
        for line in recorded(name):
            head = (line["at"], Venue.KALSHI, line.get("conn", 0))
            match line["kind"]:
                case "open":
                    made.append(Opened(*head))
                case "close":
                    made.append(Closed(*head))
                case "frame":
                    made.append(Frame(*head, line["text"]))
        return made

    return read


@pytest.fixture
def stored() -> Callable[[str], object]:
    return lambda name: json.loads((HERE / "http" / name).read_text())


@pytest.fixture
def answer() -> Callable[..., HttpResponse]:
    def make(body: object, *, status: int = 200, path: str = "/x", purpose: str = "catalog"):
        text = body if isinstance(body, str) else json.dumps(body)
        return HttpResponse(1_000, Venue.KALSHI, "GET", path, status, text, purpose)

    return make


@pytest.fixture
def talk() -> Talk:
    """Two markets, both with a book, next seq 3."""
    talk = Talk(market(A), market(B))
    talk.open()
    talk.hear(subscribed("orderbook_delta", BOOK_SID))
    talk.hear(snapshot(1, [["0.45", "10"]], [["0.50", "4"]]))
    talk.hear(snapshot(2, [["0.30", "1"]], [["0.60", "1"]], B))
    return talk
