"""Puts questions in front of the trader, one at a time: typed words, and what the gate asks."""

from collections.abc import Callable

from pmterm.messages.base import Message
from pmterm.model.units import Ns
from pmterm.tui.desk import Clock, Desk
from pmterm.tui.screens.confirm import ConfirmScreen
from pmterm.tui.screens.dialog import Hand
from pmterm.tui.screens.panels import SIZES, Panels
from pmterm.tui.screens.question import QuestionScreen
from pmterm.tui.screens.ticket import TicketScreen
from pmterm.views.figures import Unit
from pmterm.views.live import Question
from pmterm.views.question import open_question, yes_to


class Asking(Panels):
    """Asks, and sends what was said yes to."""

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
        self._hand = Hand(clock, self._guard)
        self._asked = ""

    def before_paint(self, now: Ns) -> None:
        """Put the gate's question in front, or take away one that is over."""
        super().before_paint(now)
        self._pose()

    def _pose(self) -> None:
        question = open_question(self._fresh)
        top = self.app.screen
        if isinstance(top, QuestionScreen):
            if question is None or question.name != top.question.name:
                top.close(False)  # noqa: FBT003  # Textual's result of a screen is positional
        elif question is None or question.name == self._asked:
            return
        elif isinstance(top, TicketScreen) and top.is_waiting:
            top.close(None)  # its order is the one in question; asked at the next beat
        elif self.has_no_dialog():
            self._asked = question.name
            self._put(question)

    def _put(self, question: Question) -> None:
        def answered(is_yes: bool | None) -> None:  # noqa: FBT001  # Textual's callback
            if is_yes:
                self._send(yes_to(question))
                self.tell("yes: sent once, waiting for the outcome")
            else:
                self.tell("no: nothing was sent")

        screen = QuestionScreen(self._fresh, self.look, self._hand, question)
        self.app.push_screen(screen, answered)

    def _ask(self, title: str, lines: list[str], word: str, then: Callable[[], None]) -> None:
        """Ask for a typed word; the same question is not put twice."""

        def answered(is_sure: bool | None) -> None:  # noqa: FBT001  # Textual's callback
            if is_sure:
                then()

        top = self.app.screen
        if not (isinstance(top, ConfirmScreen) and top.heading == title):
            screen = ConfirmScreen(
                self._fresh, self.look, self._hand, title=title, lines=lines, word=word
            )
            self.app.push_screen(screen, answered)

    def on_screen_resume(self) -> None:
        """Note that the trader looks at this screen again: keys were aimed at what was before."""
        self._hand.moved()

    def _means(self, action: str) -> bool:
        """Whether a key may act; says so where it came too soon for what is in front now."""
        is_settling = self._guard.is_settling(self._clock.monotonic())
        if self._hand.means(action):
            return True
        if is_settling:
            self.tell("not done: the screen changed just before that key; press it again")
        return False

    def _send(self, command: Message) -> None:
        self._desk.send(command)
