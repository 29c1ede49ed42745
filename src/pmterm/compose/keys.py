"""`pmterm keys`: lists, removes and tries the accounts that are kept."""

from collections.abc import Sequence

from pmterm.compose.doctor.lines import Line
from pmterm.compose.doctor.run import try_keys
from pmterm.config.accounts import Listed, home_of
from pmterm.config.credentials import Keys, load_accounts, open_keys
from pmterm.config.given_keys import ENVIRONMENT, SETTINGS
from pmterm.config.settings import Settings
from pmterm.model.errors import CredentialsWrong, UsageWrong
from pmterm.model.ids import Venue

Facts = tuple[dict[str, object], int]
AT_VENUE = {
    Venue.KALSHI: "The key itself still works: delete it under Account > API keys on kalshi.com.",
    Venue.POLYMARKET: "The wallet and its private key are as they were; keep a copy of that key.",
}


def listing(settings: Settings) -> Facts:
    """Say which accounts are kept where, with nothing secret, and asking for no passphrase.

    Exit code 3 where a place could not be looked into.
    """
    keys = open_keys(settings)
    rows = [
        {
            "venue": str(row.venue),
            "name": row.name,
            "key": row.public,
            "for": row.home,
            "kept in": row.place,
        }
        for row in keys.listed()
    ]
    facts: dict[str, object] = {"keys": rows}
    if keys.troubles:
        facts["could not be looked into"] = [f"{one.detail} {one.hint}" for one in keys.troubles]
    return facts, CredentialsWrong.exit_code if keys.troubles else 0


def to_remove(settings: Settings, venue: Venue) -> tuple[Keys, Listed]:
    """Return what `remove` means: the account of the settings' hosts and account name.

    Raises:
        UsageWrong: there is none, or several, or it is kept by somebody else.
    """
    keys = open_keys(settings)
    home, name = home_of(venue, settings.hosts), settings.account
    rows = [row for row in keys.listed() if (row.venue, row.home) == (venue, home)]
    rows = [row for row in rows if name in {"", row.name}]
    if not rows and keys.troubles:
        raise keys.troubles[0]
    if not rows:
        hint = "`pmterm keys list` shows what there is; a local exchange's need --exchange URL."
        raise UsageWrong(f"no {venue} key is kept for {home}.", hint)
    ours = [row for row in rows if row.place not in {SETTINGS, ENVIRONMENT}]
    if not ours:
        where = "config.toml" if rows[0].place == SETTINGS else "the environment"
        raise UsageWrong(f"this key stands in {where}, not with pmterm.", "Take it out there.")
    if len(ours) > 1:
        names = ", ".join(row.name for row in ours)
        raise UsageWrong(f"several could be meant: {names}.", "Say which: --account NAME.")
    return keys, ours[0]


def remove(keys: Keys, row: Listed) -> Facts:
    """Forget an account."""
    keys.remove(row)
    return {"removed": f"{row.venue} {row.name} ({row.public})", "note": AT_VENUE[row.venue]}, 0


async def test(settings: Settings, venues: Sequence[Venue]) -> list[Line]:
    """Return what the venues say of the keys; each is asked something that changes nothing.

    Raises:
        CredentialsWrong: there is no key to try, or its place cannot be read.
    """
    accounts = load_accounts(settings, settings.account)
    chosen = {venue: account for venue, account in accounts.items() if venue in venues}
    if not chosen:
        homes = " or ".join(dict.fromkeys(home_of(venue, settings.hosts) for venue in venues))
        hint = "Add one: pmterm keys add. `pmterm keys list` shows what there is, and for where."
        raise CredentialsWrong(f"no key is kept for {homes}.", hint)
    return [line for line in await try_keys(settings, chosen) if line.check != "dead-man"]
