"""Where requests go: a base URL from the settings and a path, and nothing else may bend it."""

import re
from urllib.parse import urlsplit

from pmterm.model.errors import SettingsWrong

_PATH = re.compile(r"/(?:[!$&-;=?-Z_a-z~\[\]]|%[0-9A-Fa-f]{2})*", re.ASCII)
LONGEST_PATH = 8192
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def check_base(base: str, *, schemes: tuple[str, str] = ("https", "http")) -> str:
    """Return the base URL without a slash at its end.

    `schemes` are the safe one and the plain one; the plain one is for this computer only.

    Raises:
        SettingsWrong: no URL of those schemes, or plain text to another computer.
    """
    safe, plain = schemes
    try:
        parts = urlsplit(base)
        host = parts.hostname or ""
    except ValueError:
        raise SettingsWrong(f"{base[:80]!r} is not a URL", f"It should start {safe}://") from None
    if parts.scheme not in schemes or not host or parts.query or parts.fragment:
        raise SettingsWrong(f"{base[:80]!r} is not a base URL", f"It should start {safe}://")
    if parts.username or parts.password:
        raise SettingsWrong("a base URL holds a user name or password", "Take it out of the URL.")
    if parts.scheme == plain and host not in _LOCAL:
        raise SettingsWrong(
            f"{plain}:// to {host} would be readable on the way",
            f"Use {safe}://; {plain}:// is for an exchange on this computer only.",
        )
    return base.rstrip("/")


def address_of(base: str, path: str) -> str:
    """Return the whole URL, or "" if `path` holds anything that is not a plain path and query."""
    if len(path) > LONGEST_PATH or path.startswith("//") or not _PATH.fullmatch(path):
        return ""
    return base + path
