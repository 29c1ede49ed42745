"""When a recorded instant is due: the arithmetic of speed, pause, step and seek."""

from pmterm.model.units import Ns

MILLI = 1_000
SLOWEST, FASTEST = 100, 1_000_000  # 0.1x and 1000x, in thousandths


class Pacer:
    """Maps monotonic time to recording time. Exact: integers only, speed in thousandths.

    Every method takes `now`, the monotonic time in ns; nothing here asks a clock.
    """

    def __init__(self, start: Ns, now: Ns, speed_milli: int = MILLI) -> None:
        self._recorded = start  # where the recording stood ...
        self._since = now  # ... at this monotonic instant
        self.speed_milli = _bounded(speed_milli)
        self.is_paused = False

    def position(self, now: Ns) -> Ns:
        """Return the recorded instant that is shown at `now`."""
        if self.is_paused:
            return self._recorded
        return self._recorded + (now - self._since) * self.speed_milli // MILLI

    def wait_for(self, at: Ns, now: Ns) -> Ns | None:
        """Return in how many ns the recorded instant `at` is due: 0 if it is, None if paused."""
        ahead = at - self.position(now)
        if ahead <= 0:
            return 0
        if self.is_paused:
            return None
        return -(-ahead * MILLI // self.speed_milli)

    def pause(self, now: Ns) -> None:
        """Stand still."""
        self.seek(self.position(now), now)
        self.is_paused = True

    def resume(self, now: Ns) -> None:
        """Go on from where it stands."""
        if self.is_paused:
            self.is_paused = False
            self._since = now

    def set_speed(self, speed_milli: int, now: Ns) -> None:
        """Go faster or slower from here; bounded to 0.1x..1000x."""
        self.seek(self.position(now), now)
        self.speed_milli = _bounded(speed_milli)

    def seek(self, at: Ns, now: Ns) -> None:
        """Be at the recorded instant `at`, playing or paused as before."""
        self._recorded = at
        self._since = now


def _bounded(speed_milli: int) -> int:
    return min(max(speed_milli, SLOWEST), FASTEST)
