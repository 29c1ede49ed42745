"""What signals were worth, as tables of words and as facts."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pmterm.lab import wording
from pmterm.lab.cases import Likeness, Past, Worth
from pmterm.lab.tables import Table
from pmterm.stats.intervals import known_rate

COLUMNS = (
    "signal",
    "n",
    "came back",
    "net a contract",
    "median time",
    "part of the move",
    "sample",
    "model",
    "cut short",
)


def worths(past: Past) -> list[Worth]:
    """Return what each kind of signal was worth, and each kind on each venue."""
    kinds = sorted({row.kind for row in past.rows})
    likes = [Likeness(kind) for kind in kinds]
    pairs = sorted({(row.kind, row.venue) for row in past.rows if row.venue})
    likes += [Likeness(kind, venue) for kind, venue in pairs]
    return [past.worth(like) for like in sorted(likes, key=lambda like: (like.kind, like.venue))]


def named(what: str, *, is_made_up: bool) -> str:
    """Say so where something is of the demo, or of a local exchange."""
    return f"{what}, demo or local exchange" if is_made_up else what


def signal_table(
    found: Sequence[Worth], verdicts: Mapping[str, str], *, is_made_up: bool = False
) -> Table:
    """Return the table; `verdicts` says by kind whether a learned model is any better."""
    return Table(
        named("SIGNALS: what became of them", is_made_up=is_made_up),
        COLUMNS,
        tuple(_row(worth, verdicts) for worth in found),
        drops=True,
        note="Net is after fee, spread and delay, of one contract held until it came half back, or "
        "180 s. Events of a day count as one. Cut short: not seen for all of the 180 s, so in no "
        "figure, whatever became of them before.",
    )


def signal_facts(found: Sequence[Worth], verdicts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the same for programs."""
    return [
        {
            **_plain(worth),
            "model": verdicts.get(worth.like.kind, "not tried"),
        }
        for worth in found
    ]


def _plain(worth: Worth) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(worth)
    facts["scores"] = [
        {
            "from_score": block.low,
            "to_score": block.high,
            **msgspec.to_builtins(known_rate(round(block.value * block.n), block.n)),
        }
        for block in worth.scores.blocks
    ]
    return facts


def _row(worth: Worth, verdicts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        worth.like.words,
        str(worth.n),
        wording.rate(worth.reverted),
        wording.amount(worth.net),
        wording.seconds(worth.seconds),
        wording.part(worth.back),
        ("out" if worth.is_held_out else "in") if worth.n else "-",
        verdicts.get(worth.like.kind, "not tried"),
        str(worth.cut_short),
    )
