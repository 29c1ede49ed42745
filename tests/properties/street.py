"""The street from ticket to profit with the paper broker at its end, driven by hand."""

from tests.properties.money_builders import T0, M, seen

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.model.units import CASH_ONE
from pmterm.paper.broker import PaperBroker
from pmterm.paper.latency import PaperSettings
from pmterm.trading.execution.executor import Executor
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.portfolio.portfolio import Portfolio
from pmterm.trading.risk.gate import Gate
from pmterm.trading.strategy.manual import Manual, ManualSettings


class Street:
    """Stages, broker and journal; `take` is what the engine does with one event."""

    def __init__(self, book, limits, cash=10_000):
        self.book = book
        self.limits = limits
        self.manual = Manual(ManualSettings())
        self.gate = Gate(limits)
        self.executor = Executor()
        self.portfolio = Portfolio()
        self.pipeline = Pipeline([self.manual, self.gate, self.executor, self.portfolio])
        self.broker = PaperBroker(book, PaperSettings())
        self.journal = []
        self.at = T0
        self.cash = cash * CASH_ONE

    def start(self, session="s", **fields):
        self.take(SessionStarted(self.at, session, Mode.PAPER, "0", self.cash))
        self.take(seen(self.at, **fields))
        self.take(self.book.touch(self.at))

    def take(self, event):
        door = [event]
        everything = []
        hears = self.broker.hears()
        for message in door:
            for said in self.pipeline.on(message):
                everything.append(said)
                self.journal.append(said)
                door += hears.get(type(said), lambda _: ())(said)
        return everything

    def wait(self, duration):
        """Let time pass, doing what falls due meanwhile."""
        end = self.at + duration
        said = []
        while self.broker.next_due() <= end:
            due = self.broker.next_due()
            for answer in self.broker.wake(due):
                said += self.take(answer)
        self.at = end
        return said

    def again(self):
        """Die, and begin anew from the journal."""
        other = Street(self.book, self.limits, self.cash // CASH_ONE)
        other.at = self.at
        recalls = self.broker.__class__.recalls(other.broker)
        for message in self.journal:
            other.pipeline.recall(message)
            recalls.get(type(message), lambda _: None)(message)
        other.journal = list(self.journal)
        return other

    def outline(self):
        """What a restart must not change."""
        return (
            self.portfolio.cash,
            self.portfolio.positions(),
            [(o.id, o.side, o.price, o.qty, o.filled, o.state) for o in self.executor.orders()],
            (self.gate.state, self.gate.reason),
            # the day's loss depends on marks, which the journal does not hold
            [use for use in self.gate.uses(M) if use.rule != "R3"],
        )
