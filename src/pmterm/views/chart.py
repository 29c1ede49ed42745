"""Price over time: the mid where it changed, with signals and fills on it."""

from array import array
from bisect import bisect_right
from collections import deque
from enum import StrEnum

import msgspec

from pmterm.model.units import Ns

KEPT = 14_400  # changes of the mid at two looks a second: two hours at the least
MARKS = 200


class MarkKind(StrEnum):
    """What stands on the chart."""

    BUY_SIGNAL = "buy signal"
    SELL_SIGNAL = "sell signal"
    WAIT_SIGNAL = "wait signal"
    BOUGHT = "bought"
    SOLD = "sold"


class ChartMark(msgspec.Struct, frozen=True):
    """One thing to mark: when, and at twice which price."""

    at: Ns
    price2: int
    kind: MarkKind


class ChartView(msgspec.Struct, frozen=True):
    """The line of one market.

    `times` and `mids2` are the moments the mid changed and twice the mid from then on; 0 says
    that there was none (a side was empty, or the book not to be trusted). `until` is the last look.
    """

    times: tuple[Ns, ...] = ()
    mids2: tuple[int, ...] = ()
    until: Ns = 0
    marks: tuple[ChartMark, ...] = ()


class ChartColumn(msgspec.Struct, frozen=True):
    """The lowest and highest twice-the-mid within one column; both 0 where nothing is known."""

    low2: int
    high2: int


class Line:
    """The price line of one market. Costs nothing while the mid stands still."""

    __slots__ = ("_marks", "_mids2", "_shown", "_times", "_until")

    def __init__(self) -> None:
        self._times = array("q")
        self._mids2 = array("q")
        self._until: Ns = 0
        self._marks: deque[ChartMark] = deque(maxlen=MARKS)
        self._shown: ChartView | None = None

    def look(self, at: Ns, mid2: int) -> None:
        """Note twice the mid at `at`; 0 for none."""
        if at <= self._until:
            return
        self._until = at
        self._shown = None
        if self._mids2 and self._mids2[-1] == mid2:
            return
        self._times.append(at)
        self._mids2.append(mid2)
        if len(self._times) > KEPT:
            del self._times[: KEPT // 4]
            del self._mids2[: KEPT // 4]

    def mark(self, mark: ChartMark) -> None:
        """Put a mark on the chart."""
        self._marks.append(mark)
        self._shown = None

    def view(self, since: Ns) -> ChartView:
        """Return the line from `since` on."""
        if self._shown is None or (self._shown.times and self._shown.times[0] < since):
            first = max(bisect_right(self._times, since) - 1, 0)
            marks = tuple(mark for mark in self._marks if mark.at >= since)
            self._shown = ChartView(
                tuple(self._times[first:]), tuple(self._mids2[first:]), self._until, marks
            )
        return self._shown


def columns_of(view: ChartView, since: Ns, until: Ns, count: int) -> list[ChartColumn]:
    """Cut the time from `since` to `until` into `count` columns of lowest and highest mid.

    A mid holds until the next one is noted; columns before the first and after the last look
    are empty.
    """
    columns: list[ChartColumn] = []
    times, mids2 = view.times, view.mids2
    index = bisect_right(times, since) - 1
    for number in range(count):
        start = since + (until - since) * number // count
        end = since + (until - since) * (number + 1) // count
        seen = [mids2[index]] if index >= 0 and start <= view.until else []
        while index + 1 < len(times) and times[index + 1] < end:
            index += 1
            seen.append(mids2[index])
        known = [mid2 for mid2 in seen if mid2]
        columns.append(ChartColumn(min(known), max(known)) if known else ChartColumn(0, 0))
    return columns
