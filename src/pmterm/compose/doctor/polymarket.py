"""What an account on Polymarket lacks for trading, line by line."""

import asyncio
from collections.abc import Mapping
from typing import Final

from pmterm.compose.accounts.polymarket import KINDS, PolymarketAsker
from pmterm.compose.doctor.lines import Line, fail, failed, ok, warn
from pmterm.config.accounts import PolymarketAccount, masked
from pmterm.messages.transport import HttpResponse
from pmterm.model.errors import CredentialsWrong, PmtermError, VenueRefused
from pmterm.model.ids import Venue
from pmterm.venues.polymarket.account import NO_END, Balance, failure, read_closed_only
from pmterm.venues.polymarket.signing import SignatureType
from pmterm.views.figures import cash_text

VENUE: Final = Venue.POLYMARKET
_AGAIN: Final = "Run `pmterm keys add polymarket` again: it finds out anew and keeps that."
_KEY: Final = CredentialsWrong.exit_code
_NO: Final = VenueRefused.exit_code


async def account_lines(asker: PolymarketAsker, account: PolymarketAccount) -> list[Line]:
    """Say whether the key is taken, and whether its wallet can trade; changes nothing."""
    closed, balances = await asyncio.gather(asker.closed_only(), asker.balances())
    if closed.status == 401:
        return [await _refused_key_line(asker, account)]
    if closed.status == 0:
        return [failed(VENUE, "key", failure(closed))]
    kind = SignatureType(account.signature_type)
    return [
        ok(VENUE, "key", f"taken; it is the key of {masked(account.address)}"),
        closed_line(closed),
        wallet_line(kind, account.funder, balances),
        *money_lines(balances.get(kind)),
    ]


def closed_line(response: HttpResponse) -> Line:
    """Say whether the account may open positions."""
    try:
        is_closed_only = read_closed_only(response)
    except PmtermError as error:
        return failed(VENUE, "rights", error)
    if is_closed_only:
        fix = "Polymarket has limited this account, usually for its country: ask its support."
        return fail(VENUE, "rights", "it may only close what it holds", fix, _NO)
    return ok(VENUE, "rights", "it may open and close positions")


def wallet_line(
    kind: SignatureType, funder: str, balances: Mapping[SignatureType, Balance]
) -> Line:
    """Say whether the money lies in the wallet that orders are made for."""
    what = f"{KINDS[kind]} {masked(funder)}"
    ours = balances.get(kind)
    elsewhere = [KINDS[one] for one, held in balances.items() if one != kind and held.amount > 0]
    if elsewhere and (ours is None or not ours.amount):
        says = f"{what} holds nothing; the money lies in: {', '.join(elsewhere)}"
        return fail(VENUE, "wallet", says, _AGAIN, _KEY)
    if elsewhere:
        fix = "Only one can be traded with; move the rest on polymarket.com."
        return warn(VENUE, "wallet", f"{what}; some money also in: {', '.join(elsewhere)}", fix)
    return ok(VENUE, "wallet", what)


def money_lines(balance: Balance | None) -> list[Line]:
    """Say how much money there is, and whether the exchange may move it."""
    if balance is None:
        says = "Polymarket did not tell the balance"
        return [warn(VENUE, "balance", says, "Try again; if it stays so, " + _AGAIN)]
    free = cash_text(balance.amount)
    if not balance.amount:
        fix = "Deposit on polymarket.com; pmterm reads it a minute later."
        money = warn(VENUE, "balance", "no money: nothing can be bought", fix)
    else:
        money = ok(VENUE, "balance", f"{free} free")
    return [money, _allowance_line(balance)]


def dead_man_line(*, is_wanted: bool) -> Line:
    """Say whether the venue will cancel what rests if pmterm falls silent. Nothing is sent."""
    if is_wanted:
        says = "on while trading live: silence of 10 s cancels all your orders"
        return ok(VENUE, "dead-man", says)
    fix = "Set live.dead_man = true, unless another program trades on this account."
    return warn(VENUE, "dead-man", "off: if this computer dies, your orders stay", fix)


def _allowance_line(balance: Balance) -> Line:
    fix = "On polymarket.com press Enable trading (it asks for a signature), then try again."
    if balance.allowance < 0:
        return warn(VENUE, "allowance", "Polymarket did not tell it", fix)
    if not balance.allowance:
        return fail(VENUE, "allowance", "none: the exchange may not take your money", fix, _NO)
    if balance.allowance < min(balance.amount, NO_END):
        says = f"{cash_text(balance.allowance)}: less than there is money"
        return warn(VENUE, "allowance", says, fix)
    return ok(VENUE, "allowance", "enough")


async def _refused_key_line(asker: PolymarketAsker, account: PolymarketAccount) -> Line:
    """Find out why the API key was refused, by asking the wallet for the one there is."""
    try:
        there_is = await asker.key_there_is()
    except PmtermError as error:
        # The wallet's own signature was refused too, so it is not the API key: mostly the clock.
        return failed(VENUE, "key", error)
    if there_is is None:
        says = "revoked: this wallet has no API key any more"
        return fail(VENUE, "key", says, "`pmterm keys add polymarket` makes a new one.", _KEY)
    if there_is.id != account.api_key.reveal():
        says = "revoked: this wallet has another API key now"
        return fail(VENUE, "key", says, _AGAIN, _KEY)
    if (there_is.secret, there_is.passphrase) != (account.api_secret, account.api_passphrase):
        return fail(VENUE, "key", "its stored secret is not the key's", _AGAIN, _KEY)
    says = "refused, though it is the wallet's API key"
    fix = "See the line about the clock; else the account may be suspended: ask Polymarket."
    return fail(VENUE, "key", says, fix, _KEY)
