"""Keys in environment variables: read once, then taken out, so that no child inherits them."""

from collections.abc import Mapping, MutableMapping
from typing import Final

from pmterm.model.secret import Secret

PRIVATE_KEY: Final = "PMTERM_POLYMARKET_PRIVATE_KEY"
API_KEY: Final = "PMTERM_POLYMARKET_API_KEY"
API_SECRET: Final = "PMTERM_POLYMARKET_API_SECRET"  # noqa: S105 - its name
API_PASSPHRASE: Final = "PMTERM_POLYMARKET_API_PASSPHRASE"  # noqa: S105 - its name
SIGNATURE_TYPE: Final = "PMTERM_POLYMARKET_SIGNATURE_TYPE"
FUNDER: Final = "PMTERM_POLYMARKET_FUNDER"
POLYMARKET_FOR: Final = "PMTERM_POLYMARKET_FOR"
KALSHI_KEY: Final = "PMTERM_KALSHI_PRIVATE_KEY"
KALSHI_SUBACCOUNT: Final = "PMTERM_KALSHI_SUBACCOUNT"
KALSHI_FOR: Final = "PMTERM_KALSHI_FOR"
PASSPHRASE_FILE: Final = "PMTERM_PASSPHRASE_FILE"  # noqa: S105 - its name
PASSPHRASE_DESCRIPTOR: Final = "PMTERM_PASSPHRASE_FD"  # noqa: S105 - its name

NAMES: Final = frozenset(
    {
        PRIVATE_KEY, API_KEY, API_SECRET, API_PASSPHRASE, SIGNATURE_TYPE, FUNDER, POLYMARKET_FOR,
        KALSHI_KEY, KALSHI_SUBACCOUNT, KALSHI_FOR, PASSPHRASE_FILE, PASSPHRASE_DESCRIPTOR,
    }
)  # fmt: skip

_taken: dict[str, Secret] = {}


def take(environ: MutableMapping[str, str]) -> None:
    """Move our key variables out of `environ`; call it once, before anything is started."""
    for name in sorted(NAMES & environ.keys()):
        _taken[name] = Secret(environ.pop(name))


def taken() -> Mapping[str, Secret]:
    """Return what was found, by variable."""
    return dict(_taken)
