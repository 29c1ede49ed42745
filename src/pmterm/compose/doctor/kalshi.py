"""What a key on Kalshi lacks for trading, line by line."""

from datetime import UTC, datetime
from typing import Final

from pmterm.compose.accounts.kalshi import KalshiFound
from pmterm.compose.doctor.lines import WAY, Line, fail, ok, warn
from pmterm.config.accounts import masked
from pmterm.model.errors import CredentialsWrong, TransportLost, VenueRefused
from pmterm.model.ids import Venue
from pmterm.model.text import clean_text
from pmterm.model.units import SECOND, Ns
from pmterm.venues.kalshi.account import KeyRow, Money
from pmterm.views.figures import cash_text

VENUE: Final = Venue.KALSHI
_KEY: Final = CredentialsWrong.exit_code
_SOON: Final[Ns] = 7 * 24 * 3600 * SECOND
_MAKE: Final = "Make another under Account > API keys on kalshi.com"
# What trading needs. Whole "write" holds moving money between sub-accounts, too.
_NEEDED: Final = frozenset({"read", "read::portfolio_balance", "write::trade"})


def key_lines(found: KalshiFound, key_id: str, kind: str, now: Ns) -> list[Line]:
    """Say whether the key is taken, what it may do, and what money there is."""
    if found.balance.status == 0:
        return [fail(VENUE, "key", clean_text(found.balance.text), WAY, TransportLost.exit_code)]
    if refusal := found.refusal:
        head, _, rest = refusal.reason.partition(". ")
        return [fail(VENUE, "key", f"{head}.", rest, _KEY)]
    return [
        ok(VENUE, "key", f"taken; {kind}, {masked(key_id)}"),
        *_rights_lines(found.row),
        *_region_lines(found.row, now),
        *_money_lines(found.money),
    ]


def dead_man_line() -> Line:
    """Say that Kalshi has none."""
    fix = "Leave nothing resting that you would not want filled: use orders that expire."
    return warn(VENUE, "dead-man", "Kalshi has none: if this computer dies, your orders stay", fix)


def _rights_lines(row: KeyRow | None) -> list[Line]:
    if row is None:
        fix = f"{_MAKE} if orders are refused; see its rights there."
        return [warn(VENUE, "rights", "Kalshi does not tell this key its own rights", fix)]
    scopes = ", ".join(clean_text(scope, 40) for scope in row.scopes) or "none"
    lines = [_rights_line(row, scopes)]
    if row.subaccount >= 0:
        return [*lines, ok(VENUE, "sub-account", f"bound to number {row.subaccount}")]
    says = "bound to none: the key can lose all there is; one bound to a sub-account only its money"
    return [*lines, ok(VENUE, "sub-account", says)]


def _rights_line(row: KeyRow, scopes: str) -> Line:
    if not row.may_trade:
        fix = f"{_MAKE}, with the right to trade. Watching works with this one."
        return fail(VENUE, "rights", f"it may not trade: {scopes}", fix, VenueRefused.exit_code)
    if not row.may_read:
        fix = f"{_MAKE}, with the right to read."
        return fail(VENUE, "rights", f"it may not read: {scopes}", fix, VenueRefused.exit_code)
    if set(row.scopes) - _NEEDED:
        says = f"more than trading needs: {scopes}"
        fix = f"{_MAKE} with read and write::trade only: a stolen one could then move no money."
        return warn(VENUE, "rights", says, fix)
    return ok(VENUE, "rights", scopes)


def _region_lines(row: KeyRow | None, now: Ns) -> list[Line]:
    if row is None or not row.region_until:
        return []
    until = datetime.fromtimestamp(row.region_until / SECOND, UTC)
    fix = "Attest your location again: Account > API keys on kalshi.com."
    if row.region_until <= now:
        says = f"not attested since {until:%Y-%m-%d}: no sports, elections or entertainment"
        return [fail(VENUE, "region", says, fix, VenueRefused.exit_code)]
    says = f"attested until {until:%Y-%m-%d}"
    if row.region_until - now < _SOON:
        return [warn(VENUE, "region", says + "; then no sports, elections or entertainment", fix)]
    return [ok(VENUE, "region", says)]


def _money_lines(money: Money | None) -> list[Line]:
    if money is None:
        fix = "Try again; if it stays so, this pmterm may be too old for Kalshi."
        return [warn(VENUE, "balance", "Kalshi did not tell the balance", fix)]
    if money.cash <= 0:
        return [warn(VENUE, "balance", "no money: nothing can be bought", "Deposit on kalshi.com.")]
    shards = ", ".join(f"{cash_text(cash)} on shard {shard}" for shard, cash in money.purses)
    says = f"{cash_text(money.cash)} free" + (f": {shards}" if len(money.purses) > 1 else "")
    return [ok(VENUE, "balance", says)]
