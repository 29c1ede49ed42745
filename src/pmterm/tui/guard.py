"""Keeps orders from leaving by accident: repeats, pastes, a picture that just changed, panic."""

from enum import Enum, auto

from pmterm.model.units import MS, SECOND, Ns

REPEAT: Ns = 250 * MS
SETTLE: Ns = 300 * MS
BURST: Ns = 25 * MS  # keys closer than this were not pressed by one finger: a paste
PANIC_OPEN: Ns = 3 * SECOND
HELD: Ns = 120 * MS  # a held key would have repeated by then
ARMED_IDLE: Ns = 300 * SECOND


class KeyGuard:
    """Says whether an order key may act. Times are those of a clock that never steps."""

    def __init__(self) -> None:
        self._acted: dict[str, Ns] = {}
        self._moved: Ns = -SETTLE
        self._key: Ns = -BURST
        self._is_alone = True

    def moved(self, now: Ns) -> None:
        """Note that focus or market changed: the trader aimed at what was there before."""
        self._moved = now

    def key(self, now: Ns) -> bool:
        """Note any printable key; False if it follows another one too closely for a finger."""
        self._is_alone = now - self._key >= BURST
        self._key = now
        return self._is_alone

    def is_settling(self, now: Ns) -> bool:
        """Whether something else was in front a moment ago."""
        return now - self._moved < SETTLE

    def lets(self, action: str, now: Ns) -> bool:
        """Whether `action` may act. A refused repeat counts too, so that a held key stays out."""
        last = self._acted.get(action, -REPEAT)
        self._acted[action] = now
        return now - last >= REPEAT and not self.is_settling(now)

    def means(self, action: str, now: Ns) -> bool:
        """Whether `action` may act on the last key: no repeat, no paste, aimed at what is there."""
        return self.lets(action, now) and self._is_alone


class Escape(Enum):
    """What an escape led to."""

    IGNORED = auto()
    RAISED = auto()
    CANDIDATE = auto()


class PanicStrip:
    """Two presses of escape within 3 s, and a held key is one press.

    A held key repeats after the terminal's first delay, which may be longer than any sensible
    gap between two presses. So a second press only counts once no third one followed it for
    `HELD`; a repeat would have.
    """

    def __init__(self) -> None:
        self._raised: Ns | None = None
        self._candidate: Ns | None = None
        self._last: Ns = -REPEAT

    def is_raised(self, now: Ns) -> bool:
        """Whether the strip shows."""
        return self._raised is not None and now - self._raised <= PANIC_OPEN

    def escape(self, now: Ns) -> Escape:
        """Take an escape that had nothing else to close."""
        gap, self._last = now - self._last, now
        if gap < REPEAT:
            self._candidate = None
            return Escape.IGNORED
        if not self.is_raised(now):
            self._raised, self._candidate = now, None
            return Escape.RAISED
        self._candidate = now
        return Escape.CANDIDATE

    def enter(self, now: Ns) -> bool:
        """Take an enter: True if it confirms."""
        is_meant = self.is_raised(now) and now - self._last >= REPEAT
        if is_meant:
            self.drop()
        return is_meant

    def due(self, now: Ns) -> bool:
        """Whether a second press has been found to be one; says so once."""
        if self._candidate is None or now - self._candidate < HELD:
            return False
        self.drop()
        return True

    def drop(self) -> None:
        """Any other key: forget it."""
        self._raised = self._candidate = None


class Arming:
    """Whether one-key orders are on, and what switches them off."""

    def __init__(self) -> None:
        self._used: Ns | None = None
        self._scene: object = None

    @property
    def is_armed(self) -> bool:
        """Whether b and s send at once."""
        return self._used is not None

    def arm(self, now: Ns, scene: object) -> None:
        """Switch on; `scene` is all that must stay as it is: market, feed, trust, tick grid."""
        self._used, self._scene = now, scene

    def disarm(self) -> None:
        """Switch off."""
        self._used = None

    def used(self, now: Ns) -> None:
        """Note a key: not idle."""
        if self._used is not None:
            self._used = now

    def check(self, now: Ns, scene: object) -> str:
        """Switch off if the scene changed or nobody pressed a key; say why, or nothing."""
        if self._used is None:
            return ""
        if scene != self._scene:
            self.disarm()
            return "the market, its feed or its ticks changed"
        if now - self._used > ARMED_IDLE:
            self.disarm()
            return "five minutes without a key"
        return ""
