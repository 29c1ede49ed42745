"""Asks Kalshi what a key is: its rights, its sub-account, until when its region is attested."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec

from pmterm.messages.transport import HttpResponse
from pmterm.net.http import HttpClient
from pmterm.runtime.clock import Clock
from pmterm.venues.kalshi.account import (
    KeyRow,
    Limits,
    Money,
    ask_balance,
    ask_keys,
    ask_limits,
    keys_in,
    limits_in,
    money_in,
)
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.refusals import ASKED, Refusal, refusal_of, said_in

T = TypeVar("T")


class KalshiFound(msgspec.Struct, frozen=True):
    """What Kalshi said: `balance` is the answer that proves the key, whatever it says.

    `row` None: Kalshi does not tell this key about keys.
    """

    balance: HttpResponse
    row: KeyRow | None = None
    money: Money | None = None
    limits: Limits | None = None

    @property
    def refusal(self) -> Refusal | None:
        """Why the key was not taken; None if it was, or if no answer came."""
        if self.balance.status in {0, 200}:
            return None
        return refusal_of(self.balance.status, said_in(self.balance.text), nothing=ASKED)


async def ask_kalshi(
    http: HttpClient, clock: Clock, key_id: str, subaccount: int | None = None
) -> KalshiFound:
    """Ask about a key; `http` must sign with it. A sub-account it is bound to is found out."""
    keys, limits = await asyncio.gather(
        http.ask(ask_keys(clock.now())), http.ask(ask_limits(clock.now()))
    )
    rows = _read(keys, keys_in) or []
    row = next((one for one in rows if one.key_id == key_id), None)
    if subaccount is None and row is not None and row.subaccount >= 0:
        subaccount = row.subaccount
    balance = await http.ask(ask_balance(clock.now(), subaccount=subaccount or 0))
    return KalshiFound(balance, row, _read(balance, money_in), _read(limits, limits_in))


def _read(response: HttpResponse, read: Callable[[Table], T]) -> T | None:
    """Read an answer; None if it was refused or does not fit."""
    if response.status != 200:
        return None
    try:
        body = msgspec.json.decode(response.text)
        return read(body) if isinstance(body, dict) else None
    except (msgspec.DecodeError, ValueError, KeyError, RecursionError):
        return None
