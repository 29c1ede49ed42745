"""What strategies have shown and what they lack for real money (T12), as a table and as facts."""

from collections.abc import Sequence
from typing import Any

import msgspec

from pmterm.lab import wording
from pmterm.lab.tables import Table
from pmterm.messages.strategy import RecordKnown, missing_for_live
from pmterm.stats.intervals import known_rate

COLUMNS = ("strategy", "held out", "won", "net a contract", "lacks for real money")


def record_table(records: Sequence[RecordKnown], min_signals: int) -> Table:
    """Return the table; with fewer than `min_signals` nothing is proved."""
    return Table(
        "RECORDS: what strategies have shown",
        COLUMNS,
        tuple(_row(record, min_signals) for record in records),
        note="Signals that strategies would act on, with the settings in force, out of sample: of "
        "sessions (paper and real money) and of backtests that were kept.",
    )


def record_facts(records: Sequence[RecordKnown], min_signals: int) -> list[dict[str, Any]]:
    """Return the same for programs; money in 1e-6 USD."""
    return [
        {
            **{key: value for key, value in msgspec.to_builtins(record).items() if key != "type"},
            "lacks": missing_for_live(record, min_signals),
        }
        for record in records
    ]


def _row(record: RecordKnown, min_signals: int) -> tuple[str, ...]:
    n = record.held_out
    won = known_rate(record.won, n)
    net, low, high = map(wording.fine_money, (record.net, record.net_low, record.net_high))
    return (
        record.strategy,
        f"{n} ({record.sources})" if record.sources else f"{n}",
        wording.rate(won),
        f"{net} [{low}, {high}] n {n}" if won.rate is not None else wording.unknown(n),
        missing_for_live(record, min_signals) or "nothing",
    )
