"""Small recordings for tests: windows of recorded frames that the venues' tests keep."""

from pathlib import Path

import msgspec

from pmterm.lab.nulls import BEGINS, market_of
from pmterm.lab.nulls import play as play_world
from pmterm.lab.tape import Facts
from pmterm.lab.taping import Taping
from pmterm.messages.feed import BookSnapshot, LevelSet
from pmterm.messages.transport import Frame
from pmterm.model.order import Side
from pmterm.model.units import MS, SECOND
from pmterm.store.recording import Header, MarketLine, RecordingWriter
from pmterm.store.recording_lines import AnyLine, told

FRAMES = Path(__file__).parents[1] / "venues"
KALSHI = FRAMES / "kalshi/frames/btc15m_reconnect_2026-05-14.jsonl"
ROTATION = FRAMES / "kalshi/frames/btc15m_rotation_2026-05-14.jsonl"
HOCKEY = FRAMES / "polymarket/frames/hockey_goal_2026-06.jsonl"


def lines_of(window):
    """The lines of a window, as a recording's reader hands them out."""
    decode = msgspec.json.Decoder(AnyLine).decode
    return [told(decode(text)) for text in window.read_bytes().splitlines()]


def write_recording(path, lines, *, note="", shift=0):
    """Write lines as a recording, `shift` ns later than they were."""
    with RecordingWriter(path, source="test", note=note) as writer:
        for line in lines:
            if isinstance(line, Header):
                continue
            later = msgspec.structs.replace(line, at=line.at + shift if line.at else 0)
            if isinstance(later, MarketLine):
                writer.market(later.at, later.venue, later.market, later.data)
            else:
                writer.write(later)
    return path


def frames_in(window):
    return sum(isinstance(line, Frame) for line in lines_of(window))


def blinking(messages, every=40):
    """Let the bids of a market be gone over the end of a second, and back 300 ms later."""
    levels, due, back = {}, {}, {}
    for message in messages:
        market = getattr(message, "market", "")
        if market in back and message.at >= back[market]:
            yield _whole(back.pop(market), market, levels[market])
        if isinstance(message, BookSnapshot):
            told = [(Side.BUY, *level) for level in message.bids]
            told += [(Side.SELL, *level) for level in message.asks]
            levels[market] = {(side, price): qty for side, price, qty in told}
            due[market] = message.at + every * SECOND
        elif isinstance(message, LevelSet):
            levels[market][message.side, message.price] = message.qty
            end = (message.at // SECOND + 1) * SECOND
            if message.at >= due[market] and end - message.at < SECOND // 5:
                due[market], back[market] = message.at + every * SECOND, end + 300 * MS
                yield _whole(message.at, market, levels[market], sides=(Side.SELL,))
        if market not in back or not isinstance(message, LevelSet):
            yield message


def _whole(at, market, levels, sides=tuple(Side)):
    bids, asks = (
        tuple((p, q) for (side, p), q in levels.items() if side is one and side in sides and q)
        for one in (Side.BUY, Side.SELL)
    )
    return BookSnapshot(at, at, market, bids, asks)


def world_tape(world, seed, shift=0, change=iter):
    """A made-up world as a decoded recording, `shift` ns later than it was made."""
    taping = Taping({})
    last = 0
    for message in change(play_world(world, seed)):
        last = message.at + shift
        taping.began(last)
        taping.heard([msgspec.structs.replace(message, at=last)])
        taping.ended()
    markets = tuple(market_of(seed, number).id for number in range(world.markets))
    return taping.tape(Facts(f"world {seed}", BEGINS + shift, last, BEGINS + shift, (), markets))
