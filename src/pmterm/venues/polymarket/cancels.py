"""Taking orders back: one, several, those of a market, all; and what the answers mean.

A cancel that was confirmed does not exclude fills made before it. Source: Polymarket docs, orders,
read 2026-08.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.said import WithdrawAnswered
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.text import clean_text
from pmterm.model.units import Ns
from pmterm.venues.base import OrderSent
from pmterm.venues.polymarket.answers import VENUE, ask, decoded, moods, trouble
from pmterm.venues.polymarket.known import Known

MOST_AT_ONCE: Final = 1_000
ALL: Final = "*"  # in place of an order, where everything was asked to be cancelled
_NOTHING_THERE = re.compile(r"already canceled|matched|not found", re.IGNORECASE)


class Cancels:
    """Asks for cancels and reads the answers."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def of(self, orders: Sequence[OrderSent], at: Ns) -> Sequence[HttpRequest]:
        """Cancel each of these, in as few requests as the venue allows."""
        for sent in orders:
            self._known.note(sent.order, sent.venue_order or sent.named)
        chunks = (orders[i : i + MOST_AT_ONCE] for i in range(0, len(orders), MOST_AT_ONCE))
        return [self._request(chunk, at) for chunk in chunks]

    def _request(self, orders: Sequence[OrderSent], at: Ns) -> HttpRequest:
        ids = [sent.venue_order or sent.named for sent in orders]
        purpose = "cancel:" + ",".join(sent.order for sent in orders)
        if len(ids) == 1:
            return ask(at, "DELETE", "/order", purpose, _json({"orderID": ids[0]}))
        return ask(at, "DELETE", "/orders", purpose, _json(ids))

    def of_market(self, market: MarketId, at: Ns) -> HttpRequest:
        """Cancel all of the account's orders in a market, foreign ones too."""
        body = _json({"market": market})
        return ask(at, "DELETE", "/cancel-market-orders", f"cancel:{ALL}", body)

    def of_all(self, at: Ns) -> HttpRequest:
        """Cancel all of the account's orders, foreign ones too."""
        return ask(at, "DELETE", "/cancel-all", f"cancel:{ALL}")

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """Say what became of each order that was to be cancelled."""
        wanted = [OrderId(name) for name in response.purpose.partition(":")[2].split(",")]
        body = decoded(response)
        done = body.get("canceled") if isinstance(body, dict) else None
        left = body.get("not_canceled") if isinstance(body, dict) else None
        if not 200 <= response.status < 300 or not isinstance(done, list):
            return self._failed(response, wanted)
        gone = {one.lower() for one in done if isinstance(one, str)}
        reasons = left.items() if isinstance(left, dict) else ()
        kept = {str(name).lower(): clean_text(str(why), 120) for name, why in reasons}
        if wanted == [ALL]:
            return list(self._all_answered(response.at, gone, kept))
        return [self._one(response.at, order, gone, kept) for order in wanted]

    def _all_answered(
        self, at: Ns, gone: set[str], kept: dict[str, str]
    ) -> Iterator[WithdrawAnswered]:
        """Give what is known of our own; foreign orders tell on the stream."""
        for name in (*gone, *kept):
            order = self._known.order_of(name)
            if order is not None:
                yield self._one(at, order, gone, kept)

    def _one(
        self, at: Ns, order: OrderId, gone: set[str], kept: dict[str, str]
    ) -> WithdrawAnswered:
        name = self._known.ids.get(order, "").lower()
        if name in gone:
            return WithdrawAnswered(at, VENUE, order, is_done=True)
        why = kept.get(name, "the answer does not name it")
        is_done = False if _NOTHING_THERE.search(why) and name in kept else None
        return WithdrawAnswered(at, VENUE, order, is_done, why)

    def _failed(self, response: HttpResponse, wanted: Sequence[OrderId]) -> Sequence[Message]:
        meant = trouble(response)
        told = moods(response, meant)
        if wanted == [ALL]:
            return told
        is_gone = meant.code == "no_order" and len(wanted) == 1
        is_done = False if is_gone else None
        return [
            *told,
            *(WithdrawAnswered(response.at, VENUE, o, is_done, meant.reason) for o in wanted),
        ]


def _json(words: object) -> str:
    return msgspec.json.encode(words).decode()
