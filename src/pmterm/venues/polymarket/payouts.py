"""What the markets paid in which something is held; also where nobody watches their streams.

Winning shares stay in the wallet until they are redeemed, which their owner does, or the venue's
own operator where it was allowed to: that a market is resolved moves no money by itself.
Source: Polymarket docs, Gamma markets and resolution, read 2026-10.
"""

from collections.abc import Sequence
from typing import Final

from pmterm.messages.base import Message
from pmterm.messages.feed import MarketStatusSeen
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import WireSurprise
from pmterm.model.ids import MarketId
from pmterm.model.market import MarketStatus
from pmterm.model.settlement import payout_of
from pmterm.model.units import Ns
from pmterm.venues.polymarket.answers import ask_openly, decoded, trouble
from pmterm.venues.polymarket.loose import objects
from pmterm.venues.polymarket.metadata import market_from
from pmterm.venues.polymarket.wishes import surprised

MOST: Final = 100  # condition ids in one question


def ask_resolved(markets: Sequence[MarketId], at: Ns, purpose: str) -> HttpRequest:
    """Ask for those of these markets that are closed; the oldest known come first."""
    ids = "&".join(f"condition_ids={market}" for market in markets[:MOST])
    return ask_openly(at, "gamma", f"/markets?{ids}&closed=true&limit={MOST}", purpose)


def resolved_in(response: HttpResponse, asked: Sequence[MarketId]) -> list[Message]:
    """Say which are resolved and what YES pays; nothing of one whose payout is not told."""
    body = decoded(response)
    if response.status != 200 or not isinstance(body, list):
        return [surprised(response.at, "resolutions not read", trouble(response).reason)]
    said: list[Message] = []
    for row in objects(body):
        try:
            market = market_from(row)
        except WireSurprise as odd:
            said.append(surprised(response.at, "a market not read", str(odd)))
            continue
        payout = payout_of(market)
        if payout is not None and market.id in asked:
            resolved = MarketStatus.RESOLVED
            said.append(MarketStatusSeen(response.at, market.id, resolved, market.result, payout))
    return said
