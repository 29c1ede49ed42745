"""One-key orders: on and off, and what switches them off by itself."""

from pmterm.messages.commands import Arm, Disarm
from pmterm.model.units import Ns
from pmterm.tui.desk import Clock, Desk
from pmterm.tui.guard import Arming
from pmterm.tui.screens.arm import ArmScreen
from pmterm.tui.screens.asking import Asking
from pmterm.tui.screens.panels import SIZES
from pmterm.views.figures import Unit, cash_text, qty_text


class Armable(Asking):
    """Arms and disarms.

    In paper the screen itself is armed. In live the gate is, and the screen follows what it says;
    on top of that it has the gate disarmed when its own scene changes or nobody presses a key.
    """

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        *,
        is_ascii: bool = False,
        is_slow: bool = False,
        unit: Unit = Unit.CENTS,
        sizes: tuple[int, ...] = SIZES,
    ) -> None:
        super().__init__(desk, clock, is_ascii=is_ascii, is_slow=is_slow, unit=unit, sizes=sizes)
        self._arming = Arming()
        self._followed: Ns = 0  # the end of the arming last followed

    def before_paint(self, now: Ns) -> None:
        """Follow the gate; switch one-key orders off when the scene changed."""
        super().before_paint(now)
        if self._fresh.is_live:
            self._follow_gate(now)
        reason = self._arming.check(now, self._scene())
        if reason:
            health = self._fresh.ladder.health
            reason = reason if health.is_trusted else health.reason or reason
            self._have_disarmed(reason)
            self.tell(f"disarmed: {reason}")

    def _follow_gate(self, now: Ns) -> None:
        arming, at = self._fresh.live.arming, self._fresh.at
        if not arming.passes(self._fresh.focus, at):
            self._arming.disarm()
        elif arming.until != self._followed:
            self._followed = arming.until
            self._arming.arm(now, self._scene())

    @property
    def is_armed(self) -> bool:
        """Whether b and s send at once: not on a frozen picture."""
        return self._arming.is_armed and not self.look.is_frozen

    def _scene(self) -> object:
        """Return all that must stay the same while one-key orders are on."""
        board = self._fresh
        lamps = tuple((lamp.venue, lamp.is_up) for lamp in board.header.lamps)
        return (board.focus, board.ladder.health.is_trusted, board.ladder.bands, lamps)

    def _have_disarmed(self, reason: str) -> None:
        """Switch off here, and at the gate where that has a say."""
        self._arming.disarm()
        live = self._fresh.live
        if self._fresh.is_live and live.arming.is_on(self._fresh.at):
            self._send(Disarm(0, reason))

    def action_arm(self) -> None:
        """Switch one-key orders on or off; live asks for a word."""
        if self._fresh.is_live:
            self._arm_live()
        elif self._arming.is_armed:
            self._arming.disarm()
            self.tell("disarmed: b and s open a ticket")
        elif self._may_arm():
            self._arming.arm(self._clock.monotonic(), self._scene())
            self.tell(f"ARMED: b and s send {qty_text(self.look.size)} at market at once")
        self._set_look()
        self._paint(("header", "footer", "brief"))

    def _may_arm(self) -> bool:
        if self._fresh.market is None or not self._means("arm"):
            return False
        if not self._fresh.ladder.health.is_trusted:
            self.tell("cannot arm: the book is not to be trusted")
            return False
        return True

    def _arm_live(self) -> None:
        """Disarm, or ask for the word; what the gate makes of it comes with the board."""
        if self._fresh.live.arming.is_on(self._fresh.at):
            self._have_disarmed("by hand")
            self.tell("disarming")
        elif self._may_arm() and self._fresh.market is not None:
            screen = ArmScreen(
                self._fresh, self.look, self._hand, self._fresh.market, self.look.size
            )
            self.app.push_screen(screen, self._armed)

    def _armed(self, arm: Arm | None) -> None:
        if arm is None:
            self.tell("not armed")
            return
        if arm.market != self._fresh.focus:
            self.tell("not armed: the market changed")
            return
        self._send(arm)
        cap = f", up to {cash_text(arm.max_cash)} an order" if arm.max_cash else ""
        self.tell(f"arming for {arm.seconds // 60} min{cap}")
