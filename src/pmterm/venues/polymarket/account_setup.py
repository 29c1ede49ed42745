"""Finds out which wallet an account trades with, by asking the venue.

The questions need an API key; `keys add` gets that first (`account.ask_key`), puts headers on these
with a `PolymarketProof`, and gives all answers to `wallet_of`.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.units import CASH_CENT, Ns, fixed_text
from pmterm.venues.polymarket.account import Balance, ask_cash, read_balance
from pmterm.venues.polymarket.answers import ask, decoded
from pmterm.venues.polymarket.funders import Funder, funders_of
from pmterm.venues.polymarket.known import Me
from pmterm.venues.polymarket.loose import objects
from pmterm.venues.polymarket.signing import SignatureType
from pmterm.venues.polymarket.wallet import checksummed, is_address

_ORDERS: Final = "wallet:orders"
_TRADES: Final = "wallet:trades"


class WalletFound(msgspec.Struct, frozen=True):
    """The wallet an account trades with, what it holds, and why it was taken.

    `balance` None: the venue did not tell. `is_sure` False: nothing proves it, so ask the person.
    `others` are wallets of the same key that hold money too.
    """

    funder: Funder
    balance: Balance | None
    why: str
    is_sure: bool
    others: tuple[Funder, ...] = ()


def wallet_questions(at: Ns) -> Sequence[HttpRequest]:
    """Return what to ask: what each kind of wallet holds, and what the account did so far."""
    balances = [ask_cash(kind, at, f"wallet:{int(kind)}") for kind in SignatureType]
    return (
        *balances,
        ask(at, "GET", "/data/orders", _ORDERS),
        ask(at, "GET", "/data/trades", _TRADES),
    )


def wallet_of(owner: str, key_id: str, answers: Sequence[HttpResponse]) -> WalletFound:
    """Return the wallet of the key with address `owner`.

    Orders and trades prove a wallet; failing that, money does; failing that, it is what new
    accounts have.
    """
    funders = funders_of(owner)
    balances = {
        SignatureType(int(answer.purpose[-1])): balance
        for answer in answers
        if answer.purpose[-1:].isdigit() and (balance := read_balance(answer)) is not None
    }
    rich = [one for one in funders[:4] if _amount(balances.get(one.kind)) >= CASH_CENT]
    used = _used(key_id, answers)
    if used:
        found = next((one for one in funders if one.address.lower() == used.lower()), None)
        if found is None:
            kind = rich[0].kind if rich else SignatureType.DEPOSIT_WALLET
            title = "wallet not made by the key alone"
            found = Funder(kind, checksummed(used), title)
        why = "your orders and trades were made with it"
        return _found(found, balances, why, rich, is_sure=found in funders)
    if len(rich) == 1:
        return _found(rich[0], balances, "it is the one that holds money", rich, is_sure=True)
    if rich:
        most = max(rich, key=lambda one: _amount(balances.get(one.kind)))
        why = "it holds the most money; another wallet of this key holds some too"
        return _found(most, balances, why, rich, is_sure=False)
    why = "none of this key's wallets holds money yet, and new accounts trade with this one"
    return _found(funders[0], balances, why, rich, is_sure=False)


def told(found: WalletFound) -> str:
    """Return what was found as a sentence for the person."""
    one = found.funder
    held = "an amount the venue did not tell"
    if found.balance is not None:
        held = f"${fixed_text(found.balance.amount // CASH_CENT * CASH_CENT, 6, at_least=2)}"
    kind = f"signature type {int(one.kind)}"
    return f"{one.title} {one.address} ({kind}), holding {held}: {found.why}."


def _found(
    one: Funder,
    balances: dict[SignatureType, Balance],
    why: str,
    rich: Sequence[Funder],
    *,
    is_sure: bool,
) -> WalletFound:
    others = tuple(other for other in rich if other != one)
    return WalletFound(one, balances.get(one.kind), why, is_sure, others)


def _amount(balance: Balance | None) -> int:
    return balance.amount if balance is not None else 0


def _used(key_id: str, answers: Sequence[HttpResponse]) -> str:
    """Return the wallet the newest of our orders and trades name, "" if there is none."""
    me = Me(key_id, "")
    for answer in answers:
        body = decoded(answer)
        if answer.purpose not in {_ORDERS, _TRADES} or not isinstance(body, dict):
            continue
        for row in objects(body.get("data")):
            makers = objects(row.get("maker_orders"))
            is_taker = answer.purpose == _ORDERS or row.get("trader_side") == "TAKER"
            for one in [row] if is_taker else makers:
                address = one.get("maker_address")
                is_ours = is_taker or me.is_in(one.get("owner"), "-")
                if is_ours and isinstance(address, str) and is_address(address):
                    return address
    return ""
