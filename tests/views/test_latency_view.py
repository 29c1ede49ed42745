import msgspec
from tests.pilot.live_build import timed

from pmterm.model.units import MS
from pmterm.views.latency import LatencyFold, LatencyView, percentile, spans_of


def test_each_stage_counts_from_the_one_before():
    assert spans_of(timed(5)) == (3 * MS, MS, 85 * MS, 12 * MS, 2_000 * MS)


def test_a_fill_heard_before_the_answer_took_no_time_after_it():
    order = timed(5)
    early = msgspec.structs.replace(order, matched=order.acked - MS)
    assert spans_of(early)[3] == 0


def test_what_has_not_happened_is_not_known():
    sent = msgspec.structs.replace(timed(5), acked=0, matched=0, settled=0)
    assert spans_of(sent) == (3 * MS, MS, -1, -1, -1)


def test_percentiles_are_values_that_were_seen():
    values = list(range(1, 101))
    assert (percentile(values, 50), percentile(values, 99)) == (50, 99)
    assert percentile([7], 99) == 7
    assert percentile([], 50) == 0


def test_view_holds_the_last_order_and_the_figures_of_two_hundred():
    fold = LatencyFold()
    assert fold.view() == LatencyView()
    for number in range(1, 301):
        fold.timed(timed(number))
    acked = next(stage for stage in fold.view().stages if stage.name == "acked")
    assert fold.view().order == "p7-00300"
    assert (acked.count, acked.last) == (200, 380 * MS)
    assert (acked.p50, acked.p99) == (280 * MS, 378 * MS)  # of 181..380


def test_a_later_word_of_an_order_takes_the_place_of_the_earlier():
    fold = LatencyFold()
    whole = timed(7)
    fold.timed(msgspec.structs.replace(whole, matched=0, settled=0))
    fold.timed(whole)
    settled = fold.view().stages[-1]
    assert (settled.count, settled.last) == (1, 2_000 * MS)
    assert fold.view().total == whole.settled - whole.key
