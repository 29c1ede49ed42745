"""One connection to Polymarket's market stream, without the socket: texts in, texts out."""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.units import Ns
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_words import Said, book_of

REFUSED = 1008
REFUSAL = "invalid subscription payload"
INVALID = "INVALID OPERATION"


class Farewell(msgspec.Struct, frozen=True):
    """Close the connection, saying this."""

    code: int
    reason: str


Reply: TypeAlias = str | Farewell


class _Command(msgspec.Struct):
    """What a client may say. The first command has `type`, later ones `operation`."""

    assets_ids: list[str] = []
    type: str = ""
    operation: str = ""
    custom_feature_enabled: bool | None = None
    initial_dump: bool = True


_decoder = msgspec.json.Decoder(_Command)


class PolymarketSession:
    """Which tokens a client follows, and what it is answered.

    Before its first valid subscription any other word closes the connection; a second initial
    command is answered INVALID OPERATION and changes nothing (both as reported by clients of
    2025 and 2026).
    """

    def __init__(self, states: Mapping[MarketId, MarketState]) -> None:
        self._states = states
        self._markets: dict[str, MarketState] = {
            outcome.token: state
            for state in states.values()
            for outcome in state.listing.market.outcomes
        }
        self._tokens: dict[str, MarketId] = {}
        self._followed: set[MarketId] = set()
        self._has_begun = False
        self._has_extras = False

    def hear(self, text: str, at: Ns) -> list[Reply]:
        """Answer what the client said."""
        if text.strip() == "PING":
            return ["PONG"] if self._has_begun else [Farewell(REFUSED, REFUSAL)]
        try:
            command = _decoder.decode(text)
        except (msgspec.MsgspecError, RecursionError):
            return self._misunderstood()
        if command.type == "market" and not self._has_begun:
            self._has_begun = True
            return self._follow(command, at)
        if command.operation == "subscribe" and self._has_begun:
            return self._follow(command, at)
        if command.operation == "unsubscribe" and self._has_begun:
            for token in command.assets_ids:
                self._tokens.pop(token, None)
            self._followed = set(self._tokens.values())
            return []
        return self._misunderstood()

    def wants(self, said: Said) -> bool:
        """Tell whether a frame is for this client."""
        if said.is_extra and not self._has_extras:
            return False
        return said.token in self._tokens if said.token else said.market in self._followed

    def _misunderstood(self) -> list[Reply]:
        return [INVALID] if self._has_begun else [Farewell(REFUSED, REFUSAL)]

    def _follow(self, command: _Command, at: Ns) -> list[Reply]:
        """Subscribe to what is new; the flag for custom features is taken over in any case."""
        if command.custom_feature_enabled is not None:
            self._has_extras = command.custom_feature_enabled
        fresh = [
            token
            for token in dict.fromkeys(command.assets_ids)
            if token in self._markets and token not in self._tokens
        ]
        for token in fresh:
            self._tokens[token] = self._markets[token].market
        self._followed = set(self._tokens.values())
        if not command.initial_dump:
            return []
        books = [
            book_of(state, _outcome(state, token), at)
            for token in fresh
            if (state := self._markets[token]).is_open
        ]
        return [msgspec.json.encode(books).decode()]


def _outcome(state: MarketState, token: str) -> int:
    return 0 if state.listing.market.outcomes[0].token == token else 1
