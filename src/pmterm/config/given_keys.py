"""Keys that come with the settings or the environment: used as they are, kept nowhere by us."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from pmterm.config import environment
from pmterm.config.accounts import REAL, Account, KalshiKey, PolymarketAccount, home_of
from pmterm.config.private_file import read_secret
from pmterm.config.sections import KalshiAccount
from pmterm.config.settings import Settings
from pmterm.model.errors import CredentialsWrong
from pmterm.model.ids import Venue
from pmterm.model.secret import Secret
from pmterm.venues.polymarket.wallet import load_wallet

SETTINGS: Final = "settings"
ENVIRONMENT: Final = "environment"
_WALLET_KINDS: Final = "0123"
_POLYMARKET: Final = (
    environment.PRIVATE_KEY,
    environment.API_KEY,
    environment.API_SECRET,
    environment.API_PASSPHRASE,
    environment.SIGNATURE_TYPE,
)


def given_accounts(settings: Settings) -> dict[str, list[Account]]:
    """Return the accounts that came with the settings and the environment, by where they came from.

    Those of the environment are for the venues themselves; PMTERM_POLYMARKET_FOR and
    PMTERM_KALSHI_FOR name another home, as `pmterm keys list` shows it ("127.0.0.1:8790").

    Raises:
        CredentialsWrong: something of an account is missing or cannot be used.
    """
    from_settings: list[Account] = []
    from_environment: list[Account] = []
    taken = environment.taken()
    key = kalshi_key(settings.kalshi)
    if key is not None and settings.kalshi.key_file:
        home = home_of(Venue.KALSHI, settings.hosts)
        from_settings.append(msgspec.structs.replace(key, home=home))
    elif key is not None:
        from_environment.append(key)
    if environment.PRIVATE_KEY in taken:
        from_environment.append(_polymarket(taken))
    return {SETTINGS: from_settings, ENVIRONMENT: from_environment}


def kalshi_key(account: KalshiAccount) -> KalshiKey | None:
    """Return the key of the settings, or of the environment; None if none is set.

    Raises:
        CredentialsWrong: one half of it is missing, or its file cannot be used.
    """
    taken = environment.taken()
    if environment.KALSHI_KEY in taken and not account.key_file:
        return _kalshi(account.key_id, taken)
    if not account.key_id and not account.key_file:
        return None
    if not account.key_file:
        raise CredentialsWrong(
            "a Kalshi key id is set, but no key file.",
            "Set kalshi.key_file (or PMTERM_KALSHI_KEY_FILE) to the private key you downloaded.",
        )
    if not account.key_id:
        raise CredentialsWrong(
            "a Kalshi key file is set, but no key id.",
            "Set kalshi.key_id (or PMTERM_KALSHI_KEY_ID); Kalshi shows it beside the key.",
        )
    return KalshiKey(account.key_id, read_secret(Path(account.key_file).expanduser()))


def _kalshi(key_id: str, taken: Mapping[str, Secret]) -> KalshiKey:
    if not key_id:
        raise CredentialsWrong(
            f"{environment.KALSHI_KEY} is set, but no key id.",
            "Set PMTERM_KALSHI_KEY_ID; Kalshi shows it beside the key.",
        )
    told = _text(taken, environment.KALSHI_SUBACCOUNT)
    if told and not (told.isdecimal() and int(told) <= 63):
        raise CredentialsWrong(f"{environment.KALSHI_SUBACCOUNT} is no number from 0 to 63.")
    return KalshiKey(
        key_id,
        taken[environment.KALSHI_KEY],
        home=_text(taken, environment.KALSHI_FOR) or REAL[Venue.KALSHI],
        subaccount=int(told) if told else None,
    )


def _polymarket(taken: Mapping[str, Secret]) -> PolymarketAccount:
    missing = [name for name in _POLYMARKET if not taken.get(name)]
    if missing:
        raise CredentialsWrong(
            f"{environment.PRIVATE_KEY} is set, but not {', '.join(missing)}.",
            "`pmterm keys add polymarket` finds all of them by itself and keeps them.",
        )
    kind = _text(taken, environment.SIGNATURE_TYPE)
    funder = _text(taken, environment.FUNDER)
    if len(kind) != 1 or kind not in _WALLET_KINDS:
        raise CredentialsWrong(f"{environment.SIGNATURE_TYPE} is no number from 0 to 3.")
    address = load_wallet(taken[environment.PRIVATE_KEY]).address
    if kind != "0" and not funder:
        raise CredentialsWrong(
            f"{environment.FUNDER} is not set.", "It is the wallet that holds the money (0x…)."
        )
    return PolymarketAccount(
        private_key=taken[environment.PRIVATE_KEY],
        address=address,
        signature_type=int(kind),
        funder=funder or address,
        api_key=taken[environment.API_KEY],
        api_secret=taken[environment.API_SECRET],
        api_passphrase=taken[environment.API_PASSPHRASE],
        home=_text(taken, environment.POLYMARKET_FOR) or REAL[Venue.POLYMARKET],
    )


def _text(taken: Mapping[str, Secret], name: str) -> str:
    return taken[name].reveal().strip() if name in taken else ""
