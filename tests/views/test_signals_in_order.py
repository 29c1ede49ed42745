"""Which signals stand first: those that can still be acted on, before near misses."""

from pmterm.messages.signals import Advice, SignalKind, SignalRejected, SignalSeen
from pmterm.model.readings import Gauges
from pmterm.model.units import SECOND
from pmterm.views.signals import FRESH, KEPT, SignalFold

START = 10_000 * SECOND


def seen(at):
    return SignalSeen(
        at, f"s-{at}", "M", SignalKind.SPIKE, Advice.BUY, 700_000, 9_000, 9_900, 4_400, 4_600,
        4_700, 0, ("why",),
    )  # fmt: skip


def missed(at, kind=SignalKind.PANIC_SELL):
    return SignalRejected(at, "M", kind, ("volume 1x of 3x",))


def heard(*messages):
    """Fold them; return when each row was, counted from `START`, misses as negative numbers."""
    fold = SignalFold()
    for message in messages:
        (fold.seen if isinstance(message, SignalSeen) else fold.rejected)(message)
    rows = fold.view(Gauges()).rows
    return [(row.at - START) * (-1 if row.is_rejected else 1) for row in rows]


def test_near_misses_push_no_fresh_signal_down():
    rows = heard(
        seen(START + 1), missed(START + 2), seen(START + 3),
        missed(START + 4, SignalKind.FOMO_BUY), missed(START + 5),
    )  # fmt: skip
    assert rows == [3, 1, -5, -4, -2]


def test_an_old_signal_stands_by_its_time_unless_it_is_the_newest():
    late = FRESH + 1
    rows = heard(seen(START + 1), seen(START + 2), missed(START + 1 + late))
    assert rows == [2, -1 - late, 1]
    assert heard(seen(START + 1), missed(START + 2 * late)) == [1, -2 * late]


def test_without_signals_near_misses_stand_by_time():
    other = missed(START + 2, SignalKind.FOMO_BUY)
    assert heard(missed(START + 1), other) == [-2, -1]
    assert heard() == []


def test_where_too_much_is_kept_near_misses_are_dropped_before_signals():
    kinds = (SignalKind.PANIC_SELL, SignalKind.FOMO_BUY)
    misses = [missed(START + 1 + n, kinds[n % 2]) for n in range(2 * KEPT)]
    rows = heard(seen(START), *misses)
    assert rows[0] == 0
    assert rows[1:] == [-n for n in range(2 * KEPT, KEPT + 1, -1)]
    signals = [seen(START + n) for n in range(KEPT + 5)]
    assert heard(*signals) == list(range(KEPT + 4, 4, -1))
