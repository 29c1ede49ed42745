"""Folds a live journal by itself: what was sent, was it let, armed and not halted?"""

from collections import Counter

from pmterm.messages.accounts import SessionStarted
from pmterm.messages.live import Armed, Disarmed
from pmterm.messages.orders import (
    AmendOrder,
    Approved,
    GateChanged,
    Intent,
    OrderNamed,
    PlaceOrder,
)
from pmterm.model.order import GateState
from pmterm.trading.risk.live_checks import goes_unarmed


class JournalFold:
    """Knows arming and halts from the journal's own words alone, never from the gate."""

    def __init__(self):
        self.armed = None
        self.state = GateState.ACTIVE
        self.wanted, self.let, self.placed, self.named = (Counter() for _ in range(4))
        self.wrong = []

    def take(self, message):
        match message:
            case SessionStarted() | Disarmed():
                self.armed = None
            case Armed():
                self.armed = message
            case GateChanged(state=state):
                self.state = state
            case Intent(order=order):
                self.wanted[order] += 1
            case Approved(intent=intent):
                self.let[intent.order] += 1
            case OrderNamed(order=order):
                self.named[order] += 1
            case PlaceOrder(intent=intent):
                self.placed[intent.order] += 1
                self._sent(intent, message.at)
            case AmendOrder(intent=intent):
                self._sent(intent, message.at)

    def _sent(self, intent, at):
        order = intent.order
        if self.state is GateState.HALTED:
            self.wrong.append(f"{order} was sent while halted")
        armed = self.armed
        is_armed = armed is not None and armed.market == intent.market and at <= armed.until
        if not is_armed and not goes_unarmed(intent):
            self.wrong.append(f"{order} ({intent.origin}) was sent unarmed: {armed}")
        if not (self.wanted[order] and self.let[order]):
            self.wrong.append(f"{order} was sent and never wanted and let")

    def ended(self):
        for counts, what in ((self.placed, "placed"), (self.named, "named")):
            for order, times in counts.items():
                if times != 1:
                    self.wrong.append(f"{order} was {what} {times} times")
        return self.wrong


def check_journal(messages):
    """Return what a journal shows that must not be."""
    fold = JournalFold()
    for message in messages:
        fold.take(message)
    return fold.ended()
