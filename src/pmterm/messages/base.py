"""The shape of everything that crosses a wall."""

import msgspec

from pmterm.model.units import Ns


class Message(msgspec.Struct, frozen=True, tag=True):
    """Something said. `at` is when we learned it, Unix ns; a venue's own time is `venue_at`.

    Facts are named in the past tense, wishes in the imperative. Fields are integers in the units
    of `model/units.py`, names, enums and tuples. Changing a message changes the journal: add
    fields with defaults, never reuse a name.
    """

    at: Ns
