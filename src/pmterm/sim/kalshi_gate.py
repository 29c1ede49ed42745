"""Before any of Kalshi's private calls is heard: whose key signed it, and can it pay for it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from aiohttp import web

from pmterm.model.units import Ns
from pmterm.sim.accounts import TestAccount
from pmterm.sim.answers import answer, whole_number
from pmterm.sim.handshake import KEY, PublicKey, refusal
from pmterm.sim.kalshi_bodies import decode
from pmterm.sim.kalshi_limits import USUAL_COST, Limits
from pmterm.sim.kalshi_refusals import LOCKED_KEY, BadQuery, Refusal, Undecodable
from pmterm.sim.kalshi_rules import KalshiRules
from pmterm.sim.world import Clock


class Call(msgspec.Struct, frozen=True):
    """One signed call. `path` are the variable parts of its path; `limits` None: none hold."""

    at: Ns
    account: str
    key: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    raw: bytes
    limits: Limits | None
    locked_to: int | None = None

    def body(self) -> Any:
        """Return the body's JSON.

        Raises:
            Undecodable: it has none.
        """
        return decode(self.raw)

    def pay(self, tokens: int, shard: int = 0) -> None:
        """Take the tokens of a write; `shard` as the call names it, 0 and below are common.

        Raises:
            Refusal: the bucket does not hold so many (429); nothing is taken then.
        """
        if self.limits is not None and not self.limits.shard(shard).take(tokens, self.at):
            raise Refusal("too_many_requests")

    def number(self, name: str) -> int | None:
        """Return a whole number of the query, None if it is absent or none."""
        text = self.query.get(name, "")
        return whole_number(text, 0) if text.isdigit() else None

    def subaccount(self) -> int | None:
        """Return the subaccount asked for, None if none is.

        Raises:
            Refusal: the key is locked to another.
        """
        number = self.number("subaccount")
        if self.locked_to is not None and number not in {None, self.locked_to}:
            raise Refusal("forbidden", LOCKED_KEY)
        return self.locked_to if number is None else number

    def limit(self, call: str, usual: int = 100, most: int = 1_000) -> int:
        """Return how many rows are asked for.

        Raises:
            BadQuery: fewer than 1 or more than `most`.
        """
        limit = whole_number(self.query.get("limit", ""), usual)
        if limit < 1:
            raise BadQuery(call, "Limit", "gte")
        if limit > most:
            raise BadQuery(call, "Limit", "lte")
        return limit


Handle: TypeAlias = Callable[[Call], web.Response]
Served: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]


class Gate:
    """Knows the accounts' keys and buckets; wraps what only they may call.

    `keys` can be changed while it runs: a key that is gone is answered as the venue answers one it
    never knew.
    """

    def __init__(self, accounts: Sequence[TestAccount], clock: Clock, rules: KalshiRules) -> None:
        self.keys: dict[str, PublicKey] = {}
        self._owners: dict[str, str] = {}
        self._limits: dict[str, Limits] = {}
        self._clock = clock
        self._rules = rules
        for account in accounts:
            for key_id, key in account.kalshi_keys.items():
                self.keys[key_id] = key
                self._owners[key_id] = account.account_id

    def owner(self, key_id: str) -> str:
        """Return whose key it is, "" if nobody's."""
        return self._owners.get(key_id, "")

    def keys_of(self, account: str) -> list[str]:
        """Return an account's keys that still hold."""
        return [key for key in self.keys if self.owner(key) == account]

    def limits(self, account: str) -> Limits | None:
        """Return an account's buckets, None where no limits hold."""
        if not self._rules.tier:
            return None
        known = self._limits.get(account)
        if known is None or known.tier != self._rules.tier:
            known = self._limits[account] = Limits(self._rules.tier)
        return known

    def reads(self, handle: Handle, tokens: int = USUAL_COST) -> Served:
        """Serve a signed call that costs tokens of the read bucket."""
        return self._serve(handle, tokens, writes=False)

    def writes(self, handle: Handle) -> Served:
        """Serve a signed call that changes something, and pays its tokens itself."""
        return self._serve(handle, 0, writes=True)

    def _serve(self, handle: Handle, tokens: int, *, writes: bool) -> Served:
        async def serve(request: web.Request) -> web.Response:
            raw = await request.read()
            now = self._clock.now()
            refused = refusal(
                request.headers, request.method, request.path, self.keys, now, skew=self._rules.skew
            )
            if refused is not None:
                return answer(refused, 401)
            try:
                return handle(self._call(request, raw, now, tokens, writes=writes))
            except (Refusal, Undecodable, BadQuery) as refused_call:
                return refused_call.answer()

        return serve

    def _call(
        self, request: web.Request, raw: bytes, now: Ns, tokens: int, *, writes: bool
    ) -> Call:
        key = request.headers[KEY]
        account = self.owner(key)
        limits = self.limits(account)
        if tokens and limits is not None and not limits.read.take(tokens, now):
            raise Refusal("too_many_requests")
        if writes and key in self._rules.read_only_keys:
            raise Refusal("forbidden", "this API key does not have the write scope")
        return Call(
            at=now,
            account=account,
            key=key,
            path=request.match_info,
            query=request.query,
            raw=raw,
            limits=limits,
            locked_to=self._rules.locked_keys.get(key),
        )
