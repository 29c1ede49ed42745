"""A market that was telling changes and falls silent is looked at soon, and twice."""

from tests.venues.polymarket.build import START, YES, booked_feed, change, frame, row

from pmterm.messages.transport import HttpRequest
from pmterm.model.units import SECOND


def listening():
    feed = booked_feed()
    feed.tick(START)
    return feed


def asked(feed, second):
    said = feed.tick(START + second * SECOND)
    return sum(isinstance(m, HttpRequest) and m.purpose.startswith("compare") for m in said)


def speak(feed, second):
    words = change(row(YES, "BUY", "0.31", "40"), ms=1_780_000_001_000 + second * 1000)
    feed.receive(frame(words, START + second * SECOND))


def test_silence_after_changes_is_probed_within_seconds_and_then_left_alone():
    feed = listening()
    speak(feed, 1)
    assert [second for second in range(1, 30) if asked(feed, second)] == [5, 9]


def test_a_market_that_goes_on_telling_is_not_probed():
    feed = listening()
    probed = 0
    for second in range(1, 30):
        speak(feed, second)
        probed += asked(feed, second)
    assert probed == 0


def test_each_new_silence_is_probed_again():
    feed = listening()
    speak(feed, 1)
    first = [second for second in range(1, 12) if asked(feed, second)]
    speak(feed, 12)
    assert first == [5, 9]
    assert [second for second in range(12, 24) if asked(feed, second)] == [16, 20]
