"""What an account is and holds: questions and what their answers say. For trading and for setup.

Sources: Polymarket docs, authentication and balance-allowance, read 2026-08; issues 53, 70, 74, 103
and 116 of py-clob-client-v2.
"""

import re
from typing import Final

import msgspec

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import CredentialsWrong, PmtermError, TransportLost, VenueRefused
from pmterm.model.secret import Secret
from pmterm.model.units import CASH_ONE, Cash, Ns
from pmterm.venues.polymarket.answers import VENUE, ask, decoded, trouble
from pmterm.venues.polymarket.auth import ApiKey
from pmterm.venues.polymarket.signing import (
    EXCHANGE_V2,
    NEG_RISK_EXCHANGE_V2,
    SignatureType,
    is_second_protocol,
)

NO_END: Final[Cash] = 10**15 * CASH_ONE  # an allowance without bound, which is 2^256 - 1 on chain
_WHOLE = re.compile(r"[0-9]{1,80}", re.ASCII)
_EXCHANGES: Final = frozenset({EXCHANGE_V2.contract.lower(), NEG_RISK_EXCHANGE_V2.contract.lower()})


class Balance(msgspec.Struct, frozen=True):
    """What is held, in 1e-6 dollars or shares, and how much the exchanges may move of it.

    `allowance` is the least of both exchanges', -1 if none was told.
    """

    amount: int
    allowance: Cash


def ask_cash(kind: SignatureType, at: Ns, purpose: str) -> HttpRequest:
    """Ask how much money the wallet of that kind holds."""
    path = f"/balance-allowance?asset_type=COLLATERAL&signature_type={int(kind)}"
    return ask(at, "GET", path, purpose)


def ask_holding(token: str, kind: SignatureType, at: Ns, purpose: str) -> HttpRequest:
    """Ask how many shares of a token the wallet of that kind holds."""
    asset = "CONDITIONAL-V2" if is_second_protocol(int(token)) else "CONDITIONAL"
    path = f"/balance-allowance?asset_type={asset}&token_id={token}&signature_type={int(kind)}"
    return ask(at, "GET", path, purpose)


def ask_refresh(kind: SignatureType, at: Ns, purpose: str) -> HttpRequest:
    """Have the venue read the money off the chain again; needed once after funding."""
    path = f"/balance-allowance/update?asset_type=COLLATERAL&signature_type={int(kind)}"
    return ask(at, "GET", path, purpose)


def ask_reread(token: str, kind: SignatureType, at: Ns, purpose: str) -> HttpRequest:
    """Have the venue read the shares of a token off the chain again: its cache can be old."""
    asked = ask_holding(token, kind, at, purpose)
    path = asked.path.replace("/balance-allowance?", "/balance-allowance/update?", 1)
    return msgspec.structs.replace(asked, path=path)


def read_balance(response: HttpResponse) -> Balance | None:
    """Return what an answer says is held, None if it says nothing."""
    body = decoded(response)
    if response.status != 200 or not isinstance(body, dict):
        return None
    amount = _whole(body.get("balance"))
    if amount is None:
        return None
    told = body.get("allowances")
    if not isinstance(told, dict):
        allowance = _whole(body.get("allowance"))
        return Balance(amount, -1 if allowance is None else min(allowance, NO_END))
    read = {str(spender).lower(): _whole(value) for spender, value in told.items()}
    ours = [value for spender, value in read.items() if spender in _EXCHANGES and value is not None]
    others = [value for value in read.values() if value is not None]
    least = min(ours or others, default=-1)
    return Balance(amount, min(least, NO_END))


def _whole(value: object) -> int | None:
    """Read a whole number of base units; some answers write one as a JSON number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else None


def ask_key(at: Ns, *, create: bool = False) -> HttpRequest:
    """Ask for the wallet's API key: the one there is, or a new one.

    Derive first: what creates is blocked more often, and there is one unless the account is new.
    """
    method, path = ("POST", "/auth/api-key") if create else ("GET", "/auth/derive-api-key")
    return HttpRequest(at, VENUE, "clob", method, path, purpose="key", auth="l1")


def read_key(response: HttpResponse) -> ApiKey | None:
    """Return the API key of an answer, None if the wallet has none yet: then create one.

    Raises:
        PmtermError: the venue did not answer, or refused; with what to do.
    """
    body = decoded(response)
    if response.status == 200 and isinstance(body, dict):
        parts = [body.get(name) for name in ("apiKey", "secret", "passphrase")]
        if all(isinstance(part, str) for part in parts):
            key_id, secret, passphrase = map(str, parts)
            return ApiKey(key_id, Secret(secret), Secret(passphrase))
    if response.status in {400, 404} and trouble(response).code == "key_not_derived":
        return None
    raise failure(response)


def ask_closed_only(at: Ns) -> HttpRequest:
    """Ask whether the account may only close what it holds."""
    return ask(at, "GET", "/auth/ban-status/closed-only", "closed-only")


def read_closed_only(response: HttpResponse) -> bool:
    """Return whether the account may only close what it holds.

    Raises:
        PmtermError: the venue did not answer, or refused; with what to do.
    """
    body = decoded(response)
    told = body.get("closed_only") if isinstance(body, dict) else None
    if response.status != 200 or not isinstance(told, bool):
        raise failure(response)
    return told


def failure(response: HttpResponse) -> PmtermError:
    """Return the error that says what an answer to one of these questions means."""
    meant = trouble(response)
    if response.status == 0:
        return TransportLost(f"Polymarket did not answer: {meant.reason}")
    if response.status == 401:
        return CredentialsWrong(meant.reason)
    return VenueRefused(meant.reason, status=response.status)
