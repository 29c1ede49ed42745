"""Holds a journal against what must be so, row by row."""

from collections.abc import Sequence

import msgspec

from pmterm.live.audit.check import Check, Wrong
from pmterm.live.audit.fills import Fills
from pmterm.live.audit.limits import ArmedOnly, Bounded, Held, Killed
from pmterm.live.audit.money import Money, Positions
from pmterm.live.audit.orders import Ahead, Once, OneWay
from pmterm.live.audit.replay import Replay
from pmterm.messages.base import Message
from pmterm.trading.risk.limits import Limits


class Finding(msgspec.Struct, frozen=True):
    """What became of one invariant: `claim` holds over `count` rows unless something is wrong."""

    name: str
    claim: str
    count: int
    wrong: tuple[Wrong, ...]


def audit(messages: Sequence[Message], limits: Limits) -> list[Finding]:
    """Check a whole journal, its first row first; rows are counted from 1.

    `limits` are those set now: a journal does not tell which were set then.
    """
    replay = Replay(limits)
    checks: list[Check] = [
        Money(), Once(), Positions(), Held(), Bounded(limits), Killed(), ArmedOnly(), Ahead(),
        replay, OneWay(), Fills(),
    ]  # fmt: skip
    tables = [check.hears() for check in checks]
    for row, message in enumerate(messages, 1):
        for table in tables:
            hear = table.get(type(message))
            if hear is not None:
                hear(row, message)
    for check in checks:
        check.end()
    replay.run(messages)
    return [Finding(c.name, c.claim, c.count, tuple(c.wrong)) for c in checks]
