"""Whose money: the keys of an account on each venue, what of them may be shown, how they are kept.

An account belongs to one home: the venue itself, or one local exchange. A key for one is never used
on the other.
"""

from typing import Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from pmterm.config.settings import Hosts
from pmterm.model.errors import CredentialsWrong
from pmterm.model.ids import Venue
from pmterm.model.secret import Secret

MAIN: Final = "main"
# Kalshi's hosts of one environment share their keys; its demo has its own (Kalshi docs,
# getting_started/api_environments, read 2026-10).
_FAMILIES: Final = {
    ".kalshi.com": "kalshi.com",
    ".kalshi.co": "demo.kalshi.co",
    "clob.polymarket.com": "polymarket.com",
}
REAL: Final = {Venue.KALSHI: "kalshi.com", Venue.POLYMARKET: "polymarket.com"}


class PolymarketAccount(msgspec.Struct, frozen=True):
    """What signs orders and requests on Polymarket.

    `address` is the key's own (EOA, checksummed), `funder` the wallet that holds the money, and
    `signature_type` how the two belong together: 0 the same, 1 proxy, 2 Safe, 3 deposit wallet.
    """

    private_key: Secret
    address: str
    signature_type: int
    funder: str
    api_key: Secret
    api_secret: Secret
    api_passphrase: Secret
    name: str = MAIN
    home: str = ""


class KalshiKey(msgspec.Struct, frozen=True):
    """What signs requests to Kalshi: the key's public name, and its private half as PEM.

    `subaccount` is the only one the key may use, None if it is bound to none.
    """

    key_id: str
    pem: Secret
    name: str = MAIN
    home: str = ""
    subaccount: int | None = None


Account: TypeAlias = PolymarketAccount | KalshiKey


class Listed(msgspec.Struct, frozen=True):
    """What of an account may be shown. `public` is cut: an address or key id, never a secret."""

    venue: Venue
    name: str
    home: str
    public: str
    place: str = ""


def venue_of(account: Account) -> Venue:
    """Return the venue an account is on."""
    return Venue.POLYMARKET if isinstance(account, PolymarketAccount) else Venue.KALSHI


def listed(account: Account, place: str = "") -> Listed:
    """Return what of an account may be shown."""
    public = account.address if isinstance(account, PolymarketAccount) else account.key_id
    return Listed(venue_of(account), account.name, account.home, masked(public), place)


def masked(public: str) -> str:
    """Return enough of an address or key id to know it again: its first and last signs."""
    return public if len(public) <= 12 else f"{public[:8]}…{public[-4:]}"


def home_of(venue: Venue, hosts: Hosts) -> str:
    """Return whose keys are wanted where requests to a venue go."""
    return home_at(hosts.kalshi.api if venue is Venue.KALSHI else hosts.polymarket.clob)


def home_at(url: str) -> str:
    """Return the home at a base URL: "kalshi.com", "polymarket.com", or "host:port"."""
    parts = urlsplit(url)
    for name, home in _FAMILIES.items():
        is_one = parts.netloc.endswith(name) if name.startswith(".") else parts.netloc == name
        if parts.scheme == "https" and is_one:
            return home
    return parts.netloc


class _Kept(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An account as its store keeps it, every field a plain text."""

    venue: Venue
    name: str
    home: str
    secrets: dict[str, str]
    facts: dict[str, str | int | None]


def pack(accounts: tuple[Account, ...]) -> bytes:
    """Return accounts with their secrets as JSON, for a store that hides them."""
    return msgspec.json.encode([_kept(account) for account in accounts])


def unpack(data: bytes) -> tuple[Account, ...]:
    """Return the accounts that `pack` wrote.

    Raises:
        CredentialsWrong: it is something else, or of a newer pmterm.
    """
    try:
        rows = msgspec.json.decode(data, type=list[_Kept])
        return tuple(_account(row) for row in rows)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, TypeError):
        # from None: the decoder's words may quote a key
        raise CredentialsWrong(
            "the stored keys are not in a form this pmterm knows.",
            "A newer pmterm may have written them; otherwise remove them and add the keys again.",
        ) from None


def _kept(account: Account) -> _Kept:
    fields = {name: getattr(account, name) for name in account.__struct_fields__}
    name, home = fields.pop("name"), fields.pop("home")
    secrets = {key: value.reveal() for key, value in fields.items() if isinstance(value, Secret)}
    facts = {key: value for key, value in fields.items() if not isinstance(value, Secret)}
    return _Kept(venue_of(account), name, home, secrets, facts)


def _account(row: _Kept) -> Account:
    kind = PolymarketAccount if row.venue is Venue.POLYMARKET else KalshiKey
    secrets = {key: Secret(text) for key, text in row.secrets.items()}
    plain = msgspec.convert(row.facts, dict[str, str | int | None])
    return kind(name=row.name, home=row.home, **secrets, **plain)  # type: ignore[arg-type]
