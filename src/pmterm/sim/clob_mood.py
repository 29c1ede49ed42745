"""What the CLOB takes at a time: everything, cancels only, nothing; and how it restarts.

Source: Polymarket docs, error codes and matching engine, read 2026-08: 425 while the engine
restarts (about 90 s), then about two minutes in which only post-only orders are taken.
"""

from enum import StrEnum

from pmterm.model.units import SECOND, Ns
from pmterm.sim.clob_refusals import (
    CANCEL_ONLY,
    DISABLED,
    POST_ONLY_MODE,
    RESTARTING,
    ClobRefused,
)

RESTART: Ns = 90 * SECOND
POST_ONLY_AFTER: Ns = 120 * SECOND


class Mood(StrEnum):
    """What somebody set."""

    OPEN = "open"
    CANCEL_ONLY = "cancel only"
    DISABLED = "disabled"


class ClobMood:
    """Says no to orders, and to cancels, while the engine is not open."""

    def __init__(self) -> None:
        self.mood = Mood.OPEN
        self._down_until: Ns = 0
        self._post_only_until: Ns = 0

    def restart(self, now: Ns, down: Ns = RESTART, post_only: Ns = POST_ONLY_AFTER) -> None:
        """Go down for a while, then take only post-only orders for a while."""
        self._down_until = now + down
        self._post_only_until = now + down + post_only

    def is_down(self, now: Ns) -> bool:
        """Whether the engine restarts."""
        return now < self._down_until

    def check_cancel(self, now: Ns) -> None:
        """Let a cancel pass, or not.

        Raises:
            ClobRefused: restarting, or disabled.
        """
        if self.is_down(now):
            raise ClobRefused(RESTARTING, 425)
        if self.mood is Mood.DISABLED:
            raise ClobRefused(DISABLED, 503)

    def check_order(self, now: Ns) -> None:
        """Let a request that places orders pass, or not; each order is asked about below.

        Raises:
            ClobRefused: restarting, disabled, or cancel-only.
        """
        self.check_cancel(now)
        if self.mood is Mood.CANCEL_ONLY:
            raise ClobRefused(CANCEL_ONLY, 503)

    def check_taking(self, now: Ns) -> None:
        """Let an order pass that is not post-only, or not.

        Raises:
            ClobRefused: only post-only orders are taken, for `retry_after_seconds` more.
        """
        if now < self._post_only_until:
            left = -(-(self._post_only_until - now) // SECOND)
            raise ClobRefused(POST_ONLY_MODE, 503, code="post_only_mode", retry_after_seconds=left)
