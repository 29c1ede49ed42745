"""The CLOB's dead-man switch: once beaten, it cancels everything when the beats stop.

Source: Polymarket docs, heartbeats, read 2026-08: 10 s and up to 5 s more.
"""

import hashlib

import msgspec

from pmterm.model.units import SECOND, Ns

LASTS: Ns = 10 * SECOND
BUFFER: Ns = 3 * SECOND  # 5 s at most


class Beat(msgspec.Struct):
    """One account's switch: the id it must send next, and when it is too late."""

    expected: str
    due_at: Ns


class Heartbeats:
    """Every account's switch."""

    def __init__(self) -> None:
        self._beats: dict[str, Beat] = {}
        self._count = 0

    def beat(self, account: str, heartbeat_id: str, now: Ns) -> tuple[bool, str]:
        """Take a beat: True and the id to send next, or False and the one that was expected.

        "" starts the switch; while it is on, only its own id will do, and a wrong one does not
        extend it.
        """
        beat = self._beats.get(account)
        if beat is not None and heartbeat_id != beat.expected:
            return False, beat.expected
        if beat is None and heartbeat_id:
            return False, ""
        self._count += 1
        following = hashlib.sha256(f"{account} {self._count}".encode()).hexdigest()[:32]
        self._beats[account] = Beat(following, now + LASTS + BUFFER)
        return True, following

    def plain_beat(self, account: str, now: Ns) -> None:
        """Take a beat of the older kind, which has no id."""
        beat = self._beats.get(account)
        expected = beat.expected if beat else ""
        self._beats[account] = Beat(expected, now + LASTS + BUFFER)

    def missed(self, now: Ns) -> list[str]:
        """Return the accounts whose beats stopped, each once."""
        late = [account for account, beat in self._beats.items() if beat.due_at <= now]
        for account in late:
            del self._beats[account]
        return late
