"""The CLOB's key endpoints: create, derive, list and revoke, and what an account may do."""

from typing import Any

from aiohttp import web

from pmterm.sim.answers import answer
from pmterm.sim.clob_private import CLOB, Call, Gate
from pmterm.sim.polymarket_keys import BAD_WALLET_HEADERS, KeyRing, wallet_of
from pmterm.sim.world import Clock

NOT_CREATED = "Could not create api key"
NOT_DERIVED = "Could not derive api key!"


class KeysServer:
    """Answers as the CLOB does under /clob/auth."""

    def __init__(self, keys: KeyRing, gate: Gate, clock: Clock) -> None:
        self._keys = keys
        self._gate = gate
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        return [
            web.post(f"{CLOB}/auth/api-key", self._create),
            web.get(f"{CLOB}/auth/derive-api-key", self._derive),
            self._gate.route("GET", "/auth/api-keys", self._list),
            self._gate.route("DELETE", "/auth/api-key", self._revoke),
            self._gate.route("GET", "/auth/ban-status/closed-only", self._closed_only),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        found = wallet_of(request.headers, self._clock.now())
        if found is None:
            return answer({"error": BAD_WALLET_HEADERS}, 401)
        key = self._keys.create(*found)
        return answer(key.words()) if key else answer({"error": NOT_CREATED}, 400)

    async def _derive(self, request: web.Request) -> web.Response:
        found = wallet_of(request.headers, self._clock.now())
        if found is None:
            return answer({"error": BAD_WALLET_HEADERS}, 401)
        key = self._keys.derive(*found)
        return answer(key.words()) if key else answer({"error": NOT_DERIVED}, 400)

    def _list(self, call: Call) -> Any:
        return {"apiKeys": [key.id for key in self._keys.of_wallet(call.key.address)]}

    def _revoke(self, call: Call) -> Any:
        self._keys.revoke(call.key.id)
        return "OK"

    def _closed_only(self, call: Call) -> Any:
        return {"closed_only": call.wallet.is_closed_only}
