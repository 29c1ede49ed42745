"""The O(1) windows agree with sums over the whole history, second by second."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pmterm.trading.signal.window import Window

second = st.tuples(
    st.integers(2, 19_998) | st.just(0),  # mid2
    st.integers(1, 5_000),  # spread
    st.integers(1, 10**9),  # bid depth
    st.integers(1, 10**9),  # ask depth
    st.lists(
        st.tuples(st.integers(1, 10**8), st.integers(0, 10**8), st.integers(0, 10**8)), max_size=2
    ),
)
histories = st.lists(second, min_size=1, max_size=25).flatmap(
    lambda piece: st.integers(1, 60).map(lambda times: (piece * times)[:900])
)


def slow_bar(bars, first):
    """Ten seconds of history as one bar, or None if too little is known."""
    ten = bars[first : first + 10]
    known = [b for b in ten if b[0]]
    if len(known) < 5:
        return None
    spread = sum(b[1] for b in known) // len(known)
    depth = sum(b[2] + b[3] for b in known) // len(known)
    return spread, depth, sum(t[0] for b in ten for t in b[4])


@settings(max_examples=60, deadline=None)
@given(histories)
def test_windows_equal_sums_over_all_history(bars):
    window = Window()
    for n, (mid2, spread, bid, ask, trades) in enumerate(bars, start=1):
        for trade in trades:
            window.traded(*trade)
        window.close(mid2, spread, bid, ask)
        volumes = [sum(t[0] for t in b[4]) for b in bars[:n]]
        assert window.volume_30s == sum(volumes[-30:])
        assert window.volume_1m == sum(volumes[-60:])
        assert window.volume_5m == sum(volumes[-300:])
        mids = [b[0] for b in bars[max(0, n - 300) : n] if b[0]]
        assert window.mid_count == len(mids)
        assert window.mid_total == sum(mids)
        assert window.mid_squares == sum(m * m for m in mids)
        assert window.mid_ago(30) == (bars[n - 31][0] if n > 30 else 0)
        assert window.depths_ago(5) == (bars[n - 6][2:4] if n > 5 else (0, 0))
        last = [t for b in bars[max(0, n - 5) : n] for t in b[4]]
        assert window.hits(5) == (sum(t[1] for t in last), sum(t[2] for t in last))
        if n % 10 == 0:
            window.close_ten()
            base = window.baseline
            old = [slow_bar(bars, i) for i in range(0, max(0, n - 30), 10)]
            known = [b for b in old[-360:] if b is not None]
            assert base.bars == len(known)
            assert base.spread_total == sum(b[0] for b in known)
            assert base.depth_total == sum(b[1] for b in known)
            assert base.volume_total == sum(b[2] for b in known)
        window.roll()
        assert window.volume_30s == sum(volumes[-29:])


def test_baseline_holds_an_hour_and_no_more():
    window = Window()
    for n in range(1, 5_001):
        window.traded(1 if n <= 1_000 else 3, 0, 0)
        window.close(10_000, 100 if n <= 1_000 else 200, 1, 1)
        if n % 10 == 0:
            window.close_ten()
        window.roll()
    assert window.baseline.bars == 360
    assert window.baseline.volume_total == 3 * 3_600
    assert window.baseline.spread_total == 200 * 360


def test_returns_are_kept_as_squares_of_ten_second_moves():
    window = Window()
    for n in range(1, 71):
        window.close(10_000 if (n - 1) // 10 % 2 else 10_100, 100, 1, 1)
        if n % 10 == 0:
            window.close_ten()
        window.roll()
    up, down = 10_000, -100 * 1_000_000 // 10_100
    assert window.baseline.move_squares == down**2 + up**2 + down**2


def test_forgotten_prices_leave_volume_and_baseline_alone():
    window = Window()
    for n in range(1, 101):
        window.traded(1, 0, 0)
        window.close(10_000, 100, 1, 1)
        if n % 10 == 0:
            window.close_ten()
        window.roll()
    window.forget_prices()
    assert window.mid_ago(0) == window.mid_ago(30) == window.mid_count == window.mid_total == 0
    assert (window.volume_30s, window.baseline.bars) == (29, 7)


def test_first_bar_of_less_than_ten_seconds_is_not_a_bar():
    window = Window()
    for n in range(4, 71):
        window.close(10_000, 100, 1, 1)
        if n % 10 == 0:
            window.close_ten()
        window.roll()
    assert window.baseline.bars == 3


def test_a_leap_from_the_bottom_to_the_top_fits_the_baseline():
    window = Window()
    for second in range(1, 61):
        window.close(2 if second <= 10 else 19_998, 100, 5, 5)
        if second % 10 == 0:
            window.close_ten()
        window.roll()
    assert window.baseline.bars == 3
    assert window.baseline.move_squares == 9_998_000_000**2
