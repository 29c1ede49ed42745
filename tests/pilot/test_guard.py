from pmterm.model.units import MS, SECOND
from pmterm.tui.guard import Arming, Escape, KeyGuard, PanicStrip

T = 100 * SECOND


def test_same_action_within_a_quarter_second_is_a_repeat():
    guard = KeyGuard()
    assert guard.lets("buy", T)
    assert guard.lets("sell", T + 1)
    assert not guard.lets("buy", T + 249 * MS)
    assert not guard.lets("buy", T + 400 * MS), "a held key stays out as long as it is held"
    assert guard.lets("buy", T + 700 * MS)


def test_nothing_is_let_through_right_after_a_move():
    guard = KeyGuard()
    guard.moved(T)
    assert not guard.lets("buy", T + 299 * MS)
    assert guard.lets("sell", T + 300 * MS)


def test_second_escape_counts_once_no_third_followed():
    strip = PanicStrip()
    assert strip.escape(T) is Escape.RAISED
    assert strip.escape(T + SECOND) is Escape.CANDIDATE
    assert not strip.due(T + SECOND + 100 * MS)
    assert strip.due(T + SECOND + 120 * MS)
    assert not strip.due(T + SECOND + 200 * MS)


def test_key_held_past_the_first_delay_never_counts():
    strip = PanicStrip()
    strip.escape(T)
    now = T + 660 * MS
    for _ in range(40):
        strip.escape(now)
        assert not strip.due(now + 39 * MS)
        now += 40 * MS
    assert not strip.due(now + SECOND)


def test_arming_ends_with_the_scene_and_with_idleness():
    arming = Arming()
    arming.arm(T, "scene")
    arming.used(T + 200 * SECOND)
    assert arming.check(T + 499 * SECOND, "scene") == ""
    assert "five minutes" in arming.check(T + 501 * SECOND, "scene")
    arming.arm(T, "scene")
    assert "changed" in arming.check(T, "another")
    assert not arming.is_armed


def test_a_key_is_meant_if_it_comes_alone_and_not_as_a_repeat():
    guard = KeyGuard()
    guard.key(T)
    assert guard.means("yes", T)
    guard.key(T + 10 * MS)
    assert not guard.means("no", T + 10 * MS), "faster than a finger: a paste"
    guard.key(T + 100 * MS)
    assert not guard.means("yes", T + 100 * MS), "a repeat"
    guard.key(T + 500 * MS)
    assert guard.means("yes", T + 500 * MS)
