"""I9: the journal makes the same state however it is read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from pmterm.live.audit.check import Check
from pmterm.messages.base import Message
from pmterm.trading.execution.executor import Executor
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.portfolio.portfolio import Portfolio
from pmterm.trading.risk.gate import Gate
from pmterm.trading.risk.limits import Limits

Text = Callable[[Message], Message]


class Replay(Check):
    """I9: folding twice gives the same, and so does reading one half after the other."""

    name = "I9 replay"
    claim = "the journal makes the same orders, positions and gate each time it is read"

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._messages: list[Message] = []

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return nothing: `run` takes the journal as a whole."""
        return {}

    def run(self, messages: Sequence[Message]) -> None:
        """Fold the journal as it is, and again over what each row is once it is written anew."""
        self.count = len(messages)
        once = self._fold(messages)
        kinds = {type(message) for message in messages}
        decoders = {kind: msgspec.json.Decoder(kind).decode for kind in kinds}
        encode = msgspec.json.Encoder().encode
        again = self._fold([decoders[type(m)](encode(m)) for m in messages])
        for what, (first, second) in {k: (once[k], again[k]) for k in once}.items():
            if first != second:
                self.note(0, f"{what} come out differently when the journal is read again")

    def _fold(self, messages: Sequence[Message]) -> dict[str, object]:
        gate, executor, portfolio = Gate(self._limits), Executor(), Portfolio()
        street = Pipeline([gate, executor, portfolio])
        for message in messages:
            street.recall(message)
        return {
            "orders": executor.orders(),
            "positions": (portfolio.positions(), portfolio.cash),
            "limits in use": [gate.uses(p.market) for p in portfolio.positions()],
            "the gate's words": (gate.state, gate.reason),
        }
