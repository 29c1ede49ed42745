"""Panic, kill, quit and suspend: each says first what it does, and kill does it at once."""

from pmterm.messages.commands import Halt, Panic, Resume
from pmterm.model.order import GateState
from pmterm.model.text import counted
from pmterm.model.units import Ns
from pmterm.tui.desk import Clock, Desk
from pmterm.tui.guard import Escape, PanicStrip
from pmterm.tui.screens.arm import ArmScreen
from pmterm.tui.screens.arming import Armable
from pmterm.tui.screens.confirm import ConfirmScreen
from pmterm.tui.screens.kill import KillScreen
from pmterm.tui.screens.panels import SIZES
from pmterm.tui.screens.question import QuestionScreen
from pmterm.tui.screens.ticket import TicketScreen
from pmterm.views.figures import Unit
from pmterm.views.stopping import (
    panic_names,
    panic_question,
    quit_lines,
    sold_words,
    stop_words,
    unclosed_in,
)


class Stopping(Armable):
    """Keys that end things."""

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
        self._strip = PanicStrip()
        self._stop = PanicStrip()  # ctrl+z is asked for twice in the same way
        self._halted_here = False
        self._was_halted = False

    def before_paint(self, now: Ns) -> None:
        """Do what a second key asked for; close what would send where all is halted."""
        is_halted = self._fresh.header.gate is GateState.HALTED
        if is_halted and not self._was_halted and self._close_forms():
            self.tell(f"closed, no order goes through: {self._fresh.header.gate_reason}")
        self._was_halted = is_halted
        if self._strip.due(now):
            self._panic()
        if self._stop.due(now):
            self._have_disarmed("pmterm is stopped")
            self.app.action_suspend_process()
        super().before_paint(now)

    def alarms(self, now: Ns) -> tuple[bool, str, str]:
        """Return whether one-key orders are on, and what the PANIC strip says."""
        if not self._strip.is_raised(now):
            return self.is_armed, "", ""
        return self.is_armed, panic_question(self._fresh), panic_names(self._fresh)

    def heard_key(self, key: str) -> None:
        """Note every key before it acts: for bursts, idleness, and to drop the PANIC strip."""
        now = self._clock.monotonic()
        self._guard.key(now)
        self._arming.used(now)
        if key not in {"escape", "enter", "ctrl+k"}:
            self._strip.drop()
        if key != "ctrl+z":
            self._stop.drop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let enter through to the panels unless the PANIC strip shows."""
        del parameters
        if action == "confirm_panic":
            return self._strip.is_raised(self._clock.monotonic())
        return True

    def action_back(self) -> None:
        """Go back; with nothing left to go back from, raise the PANIC strip."""
        now = self._clock.monotonic()
        if self._solo:
            self.action_solo()
        elif self.look.is_frozen:
            self.action_freeze()
        else:
            verdict = self._strip.escape(now)
            if verdict is Escape.CANDIDATE:
                self.set_timer(0.13, self._beat)
            self._set_look()
            self._paint(("footer", "brief"))

    def action_confirm_panic(self) -> None:
        """Enter, while the strip shows."""
        if self._strip.enter(self._clock.monotonic()):
            self._panic()

    def _panic(self) -> None:
        self._arming.disarm()
        self._send(Panic(0))
        self._set_look()
        self.tell("PANIC: cancelling everything, closing everything")

    def kill(self) -> None:
        """Halt at once; say how it goes; the second time offer to close everything."""
        self._send(Halt(0))
        self._arming.disarm()
        self._strip.drop()
        is_second = self._halted_here or self._fresh.header.gate is GateState.HALTED
        self._halted_here = True
        self._close_forms()
        top = self.app.screen
        if is_second and not isinstance(top, ConfirmScreen):
            self._offer_to_flatten()
        elif not isinstance(top, ConfirmScreen | KillScreen):
            self.app.push_screen(KillScreen(self._desk.board, self.look, self.action_resume))
        self.tell("KILLED: no order goes through; ^k again offers to close everything, R resumes")

    def _close_forms(self) -> bool:
        """Close what is in front and would send or arm; tell whether there was such a thing."""
        screens = self.app.screen_stack
        for screen in screens[::-1]:
            if isinstance(screen, TicketScreen | QuestionScreen | ArmScreen):
                screen.close(None)  # only if it is in front by now
        return len(self.app.screen_stack) < len(screens)

    def _offer_to_flatten(self) -> None:
        sold = sold_words(self._fresh)
        lines = [
            "Cancels everything, sells every position at market; then only closing orders pass.",
            f"It {sold}." if sold else "Nothing is held.",
        ]
        self._ask("FLATTEN", lines, "flatten", lambda: self._send(Panic(0)))

    def action_resume(self) -> None:
        """Let orders through again, after a word."""
        if self._fresh.header.gate is GateState.ACTIVE and not self._halted_here:
            self.tell("nothing to resume: orders go through")
            return
        reason = self._fresh.header.gate_reason or "no reason given"
        lines = [f"Orders are held back: {reason}."]
        if self._fresh.live.kill.left:
            left = len(self._fresh.live.kill.left)
            lines.append(f"{counted(left, 'cancel')} not proved yet.")
        if self._fresh.is_live:
            lines.append("You stay disarmed: a arms again, by its own word.")
        self._ask("RESUME TRADING", lines, "resume", self._resume)

    def _resume(self) -> None:
        self._halted_here = False
        self._have_disarmed("resumed")
        self._send(Resume(0))

    def leave(self) -> None:
        """Quit; ask while something would be left behind."""
        blockers, board = self._desk.quit_blockers(), self._desk.board()
        if blockers or unclosed_in(board):
            lines = quit_lines(board, blockers)
            title = "QUIT WITH OPEN ORDERS" if blockers else "QUIT BEFORE ALL IS SOLD"
            self._ask(title, lines, "quit", self.app.exit)
        else:
            self.app.exit()

    def suspend(self) -> None:
        """Say what stopping would mean for orders; the second time stop."""
        verdict = self._stop.escape(self._clock.monotonic())
        if verdict is Escape.CANDIDATE:
            self.set_timer(0.13, self._beat)
        elif verdict is Escape.RAISED:
            self.tell(stop_words(self._fresh, len(self._desk.quit_blockers())))
