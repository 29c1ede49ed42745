"""Who may call the CLOB's private paths: signed headers in, an account out, refusals as bodies."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from aiohttp import web

from pmterm.model.units import Ns
from pmterm.sim.answers import answer
from pmterm.sim.clob_limits import SignerLimits
from pmterm.sim.clob_refusals import TOO_FAST, ClobRefused
from pmterm.sim.polymarket_keys import UNAUTHORIZED, ApiKey, Asked, KeyRing, key_of
from pmterm.sim.polymarket_switches import PolymarketSwitches
from pmterm.sim.polymarket_wallets import Wallet, Wallets
from pmterm.sim.world import Clock

CLOB = "/clob"


class Call(msgspec.Struct, frozen=True, eq=False):
    """A request whose sender is proven. `path` holds the parts of the path that vary."""

    key: ApiKey
    wallet: Wallet
    query: Mapping[str, str]
    path: Mapping[str, str]
    body: bytes
    now: Ns

    @property
    def account(self) -> str:
        """Whose request it is."""
        return self.wallet.account_id


Cost: TypeAlias = Callable[[Call], int]
Reply: TypeAlias = Callable[[Call], Any]


class Gate:
    """Checks keys and rates before anything is done.

    `limits` are each signer's buckets; they are not thrown away while the exchange stands.
    """

    def __init__(
        self, keys: KeyRing, wallets: Wallets, clock: Clock, switches: PolymarketSwitches
    ) -> None:
        self._keys = keys
        self._wallets = wallets
        self._clock = clock
        self._switches = switches
        self._limits: dict[str, SignerLimits] = {}

    def limits_of(self, address: str) -> SignerLimits:
        """Return a signer's buckets."""
        known = self._limits.get(address)
        if known is None or known.tier != self._switches.tier:
            known = self._limits[address] = SignerLimits(self._switches.tier)
        return known

    def route(
        self,
        method: str,
        path: str,
        reply: Reply,
        cost: Cost | None = None,
        *,
        is_cancel: bool = False,
    ) -> web.RouteDef:
        """Serve a private path; what has a `cost` is taken off the signer's bucket first."""

        async def handle(request: web.Request) -> web.Response:
            try:
                call = await self._call(request)
                headers = self._charge(call, cost, is_cancel=is_cancel) if cost else {}
                body = reply(call)
            except ClobRefused as refused:
                return refusal(refused)
            found = body if isinstance(body, web.Response) else answer(body)
            found.headers.update(headers)
            return found

        return web.route(method, CLOB + path, handle)

    async def _call(self, request: web.Request) -> Call:
        body = await request.read()
        now = self._clock.now()
        asked = Asked(request.method, request.path.removeprefix(CLOB), body)
        key = key_of(request.headers, asked, self._keys, now)
        if key is None:
            raise ClobRefused(UNAUTHORIZED, 401)
        wallet = self._wallets.of_key(key.address)
        return Call(key, wallet, request.query, request.match_info, body, now)

    def _charge(self, call: Call, cost: Cost, *, is_cancel: bool) -> dict[str, str]:
        limits = self.limits_of(call.key.address)
        limits.is_warning = self._switches.warns_of_rates or not self._switches.limits_rates
        passes, headers = limits.take(cost(call), call.now, is_cancel=is_cancel)
        if not passes:
            raise ClobRefused(TOO_FAST, 429, headers)
        if not (self._switches.limits_rates or self._switches.warns_of_rates):
            return {}
        return headers


def refusal(refused: ClobRefused) -> web.Response:
    """Write a refusal as the answer of a single request."""
    found = answer(refused.body, refused.status)
    found.headers.update(refused.headers)
    if "retry_after_seconds" in refused.more:
        found.headers["Retry-After"] = str(refused.more["retry_after_seconds"])
    return found
