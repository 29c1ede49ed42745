"""Polymarket's market stream, and its REST hosts beside it: /gamma, /clob, /ws/market."""

from aiohttp import web

from pmterm.model.ids import MarketId, Venue
from pmterm.sim.client import Client, converse
from pmterm.sim.clob_server import CLOB, ClobServer
from pmterm.sim.events import MarketEvent
from pmterm.sim.faults import Faults
from pmterm.sim.gamma_server import GAMMA, GammaServer
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_session import Farewell, PolymarketSession
from pmterm.sim.polymarket_words import PolymarketVoice
from pmterm.sim.world import Clock, World

STREAM = "/ws/market"
__all__ = ["CLOB", "GAMMA", "STREAM", "PolymarketServer"]


class PolymarketServer:
    """Answers as the venue does."""

    venue = Venue.POLYMARKET

    def __init__(self, world: World, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self._states: dict[MarketId, MarketState] = {
            market: state
            for market, state in world.states.items()
            if state.listing.market.venue is Venue.POLYMARKET
        }
        self._gamma = GammaServer(self._states, faults)
        self._clob = ClobServer(self._states, clock)
        self._voice = PolymarketVoice(self._states)
        self.clients: dict[Client, PolymarketSession] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        stream = web.get(STREAM, self._stream)
        return [*self._gamma.routes(), *self._clob.routes(), stream]

    def tell(self, event: MarketEvent) -> None:
        """Tell every client what happened, if it asked for it."""
        for said in self._voice.say(event):
            for client, session in self.clients.items():
                if session.wants(said):
                    client.put(said.text)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=1 << 20, compress=False)
        await socket.prepare(request)
        session = PolymarketSession(self._states)
        client = Client(socket, self._faults)
        self.clients[client] = session

        def hear(text: str) -> None:
            for reply in session.hear(text, self._clock.now()):
                if isinstance(reply, Farewell):
                    client.leave(reply.code, reply.reason)
                else:
                    client.put_plain(reply)

        try:
            await converse(client, hear)
        finally:
            del self.clients[client]
        return socket
