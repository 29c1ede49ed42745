from pmterm.compose.core import ENDED_NOTE, SLEPT_NOTE
from pmterm.compose.replays import awake, play
from pmterm.messages.commands import Resume
from pmterm.messages.health import Heartbeat
from pmterm.messages.transport import Frame
from pmterm.model.ids import Venue
from pmterm.model.units import MS, SECOND
from pmterm.runtime.engine import Engine, NoBroker, Woken
from pmterm.store.recording import NoteLine
from pmterm.trading.pipeline import Pipeline

START = 1_780_000_000 * SECOND
HOUR = 3_600 * SECOND


class Feed:
    """Hears frames and says nothing."""

    def receive(self, frame):
        return []

    def tick(self, at):
        return []


def engine():
    it = Engine({Venue.KALSHI: Feed()}, Pipeline([]), NoBroker())
    said = []
    it.listen({Heartbeat: lambda m: said.append(m.at), Resume: lambda m: said.append((m, it.at))})
    return it, said


def frame(at):
    return Frame(at, Venue.KALSHI, 1, "{}")


def ticking(since, until):
    return [Woken(at) for at in range(since, until, 250 * MS)]


def test_an_hour_without_a_frame_is_walked_as_it_was_lived():
    lived, beats = engine()
    events = [frame(START), frame(START + HOUR)]
    ended = START + 2 * HOUR
    lived.run([events[0], *ticking(START + 1, START + HOUR), events[1]])
    lived.run([*ticking(START + HOUR + 1, ended), Woken(ended)])
    again, beats_again = engine()
    play(again, awake(iter(events), [NoteLine(ended, ENDED_NOTE)]), [])
    assert beats_again == beats
    assert len(beats) == 2 * 3_600 * 2


def test_an_hour_that_was_slept_through_is_stepped_over_again():
    lived, beats = engine()
    events = [frame(START), frame(START + 2 * HOUR)]
    asleep, up = START + 700 * SECOND + 7, START + HOUR + 9
    resume = Resume(up - 3)
    lived.run([events[0], *ticking(START + 1, asleep), Woken(asleep), resume, Woken(up)])
    lived.run([*ticking(up + 1, START + 2 * HOUR), events[1]])
    again, beats_again = engine()
    notes = [NoteLine(asleep, SLEPT_NOTE, {"until": up})]
    play(again, awake(iter(events), notes), [resume])
    assert beats_again == beats
