"""`pmterm keys add`: asks for a key, finds out what it is by asking the venue, and keeps it."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from pmterm.compose.accounts.kalshi import ask_kalshi
from pmterm.compose.accounts.polymarket import KINDS, PolymarketAsker, Wallet, wallet_of
from pmterm.compose.doctor import kalshi, polymarket
from pmterm.compose.doctor.lines import Line, ok, warn
from pmterm.compose.network import RATES
from pmterm.compose.proofs import proof_of
from pmterm.config.accounts import Account, KalshiKey, PolymarketAccount, home_of, masked
from pmterm.config.asking import ask_unseen, ask_unseen_key
from pmterm.config.credentials import open_keys
from pmterm.config.hardening import harden
from pmterm.config.private_file import read_secret
from pmterm.config.settings import Settings
from pmterm.model.errors import CredentialsWrong, TransportLost, UsageWrong
from pmterm.model.ids import Venue
from pmterm.model.secret import Secret
from pmterm.model.text import clean_text
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter
from pmterm.runtime.clock import Clock, SystemClock
from pmterm.venues.kalshi.auth import load_key
from pmterm.venues.polymarket.account import Balance
from pmterm.venues.polymarket.funders import funders_of
from pmterm.venues.polymarket.proof import PolymarketProof
from pmterm.venues.polymarket.signing import SignatureType
from pmterm.venues.polymarket.wallet import checksummed, is_address, load_wallet


class Wish(msgspec.Struct, frozen=True):
    """What was said about a key on the command line; what was not is found out."""

    name: str = "main"
    key_file: Path | None = None
    key_id: str = ""
    subaccount: int | None = None
    funder: str = ""
    signature_type: int | None = None
    in_file: bool = False


async def add(settings: Settings, venue: Venue, wish: Wish) -> list[Line]:
    """Keep a key that the venue takes, and say what it is.

    Raises:
        CredentialsWrong: it is no key, or the venue does not take it, or it cannot be kept.
        TransportLost, VenueRefused: the venue did not tell. In all cases nothing was kept.
    """
    harden()
    if not wish.name.isidentifier() or len(wish.name) > 32:
        raise UsageWrong("a name is of letters, digits and _.", "For example: --account second")
    clock = SystemClock()
    http = HttpClient(settings.hosts.bases(), Limiter(RATES, clock), clock)
    find = _polymarket if venue is Venue.POLYMARKET else _kalshi
    try:
        account, lines = await find(settings, wish, http, clock)
    finally:
        await http.close()
    place = open_keys(settings).add(account, in_file=wish.in_file)
    lines.append(ok(venue, "kept", f"as {wish.name} for {account.home}, in the {place}"))
    if wish.key_file is not None:
        says, fix = f"{wish.key_file} holds the key too", f"Delete it: shred -u '{wish.key_file}'"
        lines.append(warn(venue, "key file", says, fix))
    return lines


async def _polymarket(
    settings: Settings, wish: Wish, http: HttpClient, clock: Clock
) -> tuple[Account, list[Line]]:
    venue = Venue.POLYMARKET
    secret = _secret(wish, ask_unseen, "Private key of your Polymarket wallet (it stays unseen)")
    owner = load_wallet(secret)
    asker = PolymarketAsker(http, clock)
    http.prove(venue, PolymarketProof(owner))
    key = await asker.key()
    http.prove(venue, PolymarketProof(owner, key))
    closed, balances, makers = await asyncio.gather(
        asker.closed_only(), asker.balances(refresh=True), asker.makers(key.id)
    )
    wallet = _given(owner.address, wish, balances) or wallet_of(owner.address, makers, balances)
    account = PolymarketAccount(
        private_key=secret,
        address=owner.address,
        signature_type=int(wallet.kind),
        funder=wallet.address,
        api_key=Secret(key.id),
        api_secret=key.secret,
        api_passphrase=key.passphrase,
        name=wish.name,
        home=home_of(venue, settings.hosts),
    )
    says = "it can move all money of its wallet, also away from Polymarket"
    fix = "Keep no more in it than you trade with, and use it for nothing else."
    lines = [
        ok(venue, "key", f"taken; it is the key of {masked(owner.address)}"),
        polymarket.closed_line(closed),
        _wallet_line(wallet),
        *polymarket.money_lines(balances.get(wallet.kind)),
        warn(venue, "power", says, fix),
    ]
    return account, lines


def _given(owner: str, wish: Wish, balances: Mapping[SignatureType, Balance]) -> Wallet | None:
    """Return the wallet that was named on the command line, if one was.

    Raises:
        UsageWrong: it is no address, or its kind cannot be told.
    """
    if not wish.funder and wish.signature_type is None:
        return None
    if wish.funder and not is_address(wish.funder):
        raise UsageWrong("--funder wants an address: 0x and 40 hex digits.")
    address = checksummed(wish.funder) if wish.funder else ""
    for one in funders_of(owner):
        is_kind = wish.signature_type in {None, int(one.kind)}
        if is_kind and address in {"", one.address}:
            return Wallet(one.kind, one.address, "as you said")
    if wish.signature_type is not None:
        return Wallet(SignatureType(wish.signature_type), address, "as you said")
    funded = [kind for kind, one in balances.items() if one.amount > 0]
    if len(funded) != 1 or funded[0] is SignatureType.EOA:
        raise UsageWrong(
            "no usual wallet of this key has that address.",
            "If it is yours all the same, say its kind: --signature-type 1, 2 or 3.",
        )
    return Wallet(funded[0], address, "as you said, and money lies in one of that kind")


def _wallet_line(wallet: Wallet) -> Line:
    says = f"{KINDS[wallet.kind]} {wallet.address}: {wallet.reason}"
    if wallet.is_sure:
        return ok(Venue.POLYMARKET, "wallet", says)
    fix = "polymarket.com shows yours under Deposit; if it differs: --funder 0x…"
    return warn(Venue.POLYMARKET, "wallet", says, fix)


async def _kalshi(
    settings: Settings, wish: Wish, http: HttpClient, clock: Clock
) -> tuple[Account, list[Line]]:
    venue = Venue.KALSHI
    pem = _secret(wish, ask_unseen_key, "Paste the private key (it stays unseen)")
    signer = load_key(pem.reveal().encode())
    home = home_of(venue, settings.hosts)
    account = KalshiKey(wish.key_id.strip(), pem, wish.name, home, wish.subaccount)
    http.prove(venue, proof_of(account, settings.hosts))
    found = await ask_kalshi(http, clock, account.key_id, account.subaccount)
    if found.balance.status == 0:
        raise TransportLost(clean_text(found.balance.text), "Nothing was kept.")
    if refusal := found.refusal:
        head, _, rest = refusal.reason.partition(". ")
        if refusal.code == "key_scope" and wish.subaccount is None:
            rest += " If it is bound to a sub-account, say which: --subaccount N."
        raise CredentialsWrong(f"{head}.", rest)
    if found.row is not None and found.row.subaccount >= 0:
        account = msgspec.structs.replace(account, subaccount=found.row.subaccount)
    return account, kalshi.key_lines(found, account.key_id, signer.kind, clock.now())


def _secret(wish: Wish, ask: Callable[[str], Secret], prompt: str) -> Secret:
    """Return the key from the named file or the terminal; never from the command line."""
    return read_secret(wish.key_file.expanduser()) if wish.key_file is not None else ask(prompt)
