"""Asks Polymarket what an account is: its API key, its wallet, its money, its rights."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.net.http import HttpClient
from pmterm.runtime.clock import Clock
from pmterm.venues.polymarket.account import (
    Balance,
    ask_cash,
    ask_closed_only,
    ask_key,
    ask_refresh,
    failure,
    read_balance,
    read_key,
)
from pmterm.venues.polymarket.answers import ask
from pmterm.venues.polymarket.auth import ApiKey
from pmterm.venues.polymarket.funders import Funder, funders_of
from pmterm.venues.polymarket.signing import SignatureType
from pmterm.venues.polymarket.wallet import checksummed, is_address

KINDS: Final = {
    SignatureType.EOA: "the key's own address",
    SignatureType.PROXY: "proxy wallet (e-mail login)",
    SignatureType.SAFE: "Safe (browser wallet)",
    SignatureType.DEPOSIT_WALLET: "deposit wallet",
}


class Wallet(msgspec.Struct, frozen=True):
    """The wallet that an account trades with, and how that was found out."""

    kind: SignatureType
    address: str
    reason: str
    is_sure: bool = True


class PolymarketAsker:
    """Asks about one account; `http` must sign as that account (`http.prove`)."""

    def __init__(self, http: HttpClient, clock: Clock) -> None:
        self._http = http
        self._clock = clock

    async def key(self) -> ApiKey:
        """Return the wallet's API key; the venue makes one if there is none.

        Raises:
            PmtermError: it did not answer, or refused.
        """
        found = await self.key_there_is()
        if found is None:
            response = await self._http.ask(ask_key(self._clock.now(), create=True))
            found = read_key(response)
            if found is None:
                raise failure(response)
        return found

    async def key_there_is(self) -> ApiKey | None:
        """Return the wallet's API key, None if it has none. Raises PmtermError as `key` does."""
        return read_key(await self._http.ask(ask_key(self._clock.now())))

    async def closed_only(self) -> HttpResponse:
        """Ask whether the account may only close."""
        return await self._http.ask(ask_closed_only(self._clock.now()))

    async def balances(self, *, refresh: bool = False) -> dict[SignatureType, Balance]:
        """Return what each kind of wallet of the key holds, as far as the venue tells.

        `refresh` has the venue read the chain first: until then a new account shows nothing.
        """
        if refresh:
            await self._all(ask_refresh(kind, self._clock.now(), "refresh") for kind in KINDS)
        told = await self._all(ask_cash(kind, self._clock.now(), "cash") for kind in KINDS)
        read = {kind: read_balance(one) for kind, one in zip(KINDS, told, strict=True)}
        return {kind: balance for kind, balance in read.items() if balance is not None}

    async def makers(self, key_id: str) -> list[str]:
        """Return the wallets in the account's own orders and trades, as far back as a page goes."""
        paths = ("/data/orders", "/data/trades")
        told = await self._all(ask(self._clock.now(), "GET", path, "own") for path in paths)
        found = [maker for response in told for maker in _makers_in(response, key_id)]
        return list(dict.fromkeys(found))

    async def _all(self, requests: Iterable[HttpRequest]) -> list[HttpResponse]:
        return list(await asyncio.gather(*map(self._http.ask, requests)))


def wallet_of(
    owner: str, makers: Iterable[str], balances: Mapping[SignatureType, Balance]
) -> Wallet:
    """Say which wallet a key trades with, by the best evidence there is.

    Its own orders and trades name the wallet; else money lies in it; else nothing tells, and it is
    taken for a deposit wallet, which all new accounts have.
    """
    candidates = funders_of(owner)
    for maker in makers:
        if found := _named(candidates, maker, balances):
            return found
    funded = {kind: one.amount for kind, one in balances.items() if one.amount > 0}
    if funded:
        kind = max(funded, key=lambda one: funded[one])
        others = ", ".join(KINDS[one] for one in funded if one != kind)
        reason = "the money lies there" + (f" (some also in: {others})" if others else "")
        return Wallet(kind, _address(candidates, kind), reason, not others)
    kind = SignatureType.DEPOSIT_WALLET
    reason = "no money and no orders in any wallet of this key; new accounts have this kind"
    return Wallet(kind, _address(candidates, kind), reason, is_sure=False)


def _named(
    candidates: Iterable[Funder], maker: str, balances: Mapping[SignatureType, Balance]
) -> Wallet | None:
    """Return the wallet that an order of ours named; one we cannot derive goes by its money."""
    reason = "the account's own orders name it"
    for one in candidates:
        if one.address.lower() == maker.lower():
            return Wallet(one.kind, one.address, reason)
    funded = [kind for kind, one in balances.items() if one.amount > 0]
    if len(funded) == 1 and funded[0] is not SignatureType.EOA:
        return Wallet(funded[0], checksummed(maker), reason + ", and money lies there")
    return None


def _address(candidates: Iterable[Funder], kind: SignatureType) -> str:
    return next(one.address for one in candidates if one.kind == kind)


class _Maker(msgspec.Struct):
    owner: str = ""
    maker_address: str = ""


class _Row(_Maker):
    """An order, or a trade: in that ours is the row's own side or one of its makers."""

    trader_side: str = ""
    maker_orders: list[_Maker] = []


class _Page(msgspec.Struct):
    data: list[_Row] = []


def _makers_in(response: HttpResponse, key_id: str) -> list[str]:
    """Read the wallets that our own orders of a page name; what does not fit tells nothing."""
    if response.status != 200:
        return []
    try:
        page = msgspec.json.decode(response.text, type=_Page)
    except (msgspec.DecodeError, RecursionError):
        return []
    sides = [side for row in page.data for side in (row, *row.maker_orders)]
    return [
        side.maker_address
        for side in sides
        if side.owner == key_id and is_address(side.maker_address)
    ]
