"""What waits for a market to be told of: rows about orders of other programs, mostly."""

from collections.abc import Callable, Sequence
from typing import Final

from pmterm.messages.base import Message
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import WireSurprise
from pmterm.model.ids import MarketId
from pmterm.model.units import Ns
from pmterm.venues.polymarket.answers import ask_openly, decoded
from pmterm.venues.polymarket.known import Known
from pmterm.venues.polymarket.metadata import market_from

Again = Callable[[], Sequence[Message]]
MOST_WAITING: Final = 200


class Waiting:
    """Asks for markets once each, and reads again what was held back for them."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._held: dict[MarketId, list[Again]] = {}

    def hold(self, market: MarketId, again: Again, at: Ns) -> Sequence[HttpRequest]:
        """Call `again` once the market is known, or known to be unknowable."""
        held = self._held.get(market)
        if held is not None:
            if len(held) < MOST_WAITING:  # past that, the next compare finds what was let go
                held.append(again)
            return ()
        if len(self._held) >= MOST_WAITING:
            return ()
        self._held[market] = [again]
        return (ask_openly(at, "clob", f"/markets/{market}", f"market:{market}"),)

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """Take in what the venue says a market is."""
        market = MarketId(response.purpose.partition(":")[2])
        body = decoded(response)
        self._known.strange.add(market)
        if response.status == 200 and isinstance(body, dict):
            try:
                found = market_from(body)
            except WireSurprise:
                found = None
            if found is not None and found.id == market:
                self._known.learn(found)
        said: list[Message] = []
        for again in self._held.pop(market, []):
            said += again()
        return said
