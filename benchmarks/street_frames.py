"""Recorded frames for the benchmarks: loaded, cut, looped and written again for other markets."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pmterm.messages.transport import Closed, Frame, Opened
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.units import SECOND
from pmterm.store.recording_lines import AnyLine, Line, MarketLine, told
from pmterm.store.recording_reader import RecordingReader
from pmterm.venues.kalshi.catalog import KalshiCatalog
from pmterm.venues.kalshi.feed import KalshiFeed
from pmterm.venues.polymarket.catalog import PolymarketCatalog
from pmterm.venues.polymarket.feed import PolymarketFeed

HERE = Path(__file__).parent
FIXTURES = {
    Venue.KALSHI: HERE / "../tests/venues/kalshi/frames/btc15m_reconnect_2026-05-14.jsonl",
    Venue.POLYMARKET: HERE / "../tests/venues/polymarket/frames/hockey_goal_2026-06.jsonl",
}
RECORDINGS = {
    Venue.KALSHI: "kalshi_KXBTC15M_20260513T215132Z*",
    Venue.POLYMARKET: "polymarket_nhl_*",
}
_TICKER = re.compile(r'"market_ticker":\s*"([^"]+)"')
_SEQ = re.compile(r'"seq":\s*\d+')
_CONDITION = re.compile(r'"market":\s*"(0x[0-9a-f]{64})"')
_TOKEN = re.compile(r'"asset_id":\s*"(\d{20,})"')

Event = Opened | Closed | Frame


class Tape(msgspec.Struct):
    """Frames of one venue, in order, and the markets they speak of."""

    venue: Venue
    name: str
    markets: list[Market]
    events: list[Event]

    @property
    def frames(self) -> list[Frame]:
        """The frames alone."""
        return [event for event in self.events if type(event) is Frame]


def feed_of(venue: Venue) -> KalshiFeed | PolymarketFeed:
    """Return a fresh feed."""
    return KalshiFeed() if venue is Venue.KALSHI else PolymarketFeed()


def load(venue: Venue, recordings: Path | None, limit: int) -> Tape:
    """Read about `limit` frames; short fixtures are played again and again, later each time."""
    path = FIXTURES[venue] if recordings is None else _newest(recordings, RECORDINGS[venue])
    catalog = KalshiCatalog() if venue is Venue.KALSHI else PolymarketCatalog()
    markets: dict[MarketId, Market] = {}
    events: list[Event] = []
    count = 0
    for line in _lines(path):
        if isinstance(line, MarketLine):
            market = catalog.market_of(line.data)
            markets[market.id] = market
        elif isinstance(line, Event) and line.venue is venue:
            events.append(line)
            count += type(line) is Frame
            if count >= limit:
                break
    if recordings is None:
        events = _looped(events, limit)
    return Tape(venue, path.resolve().name, list(markets.values()), events)


def copies(tape: Tape, many: int, frames: int) -> Tape:
    """Give each of `many` markets the same frames, side by side: about `frames` in all."""
    pattern = _TICKER if tape.venue is Venue.KALSHI else _CONDITION
    busiest = _busiest(tape, pattern)
    own = [
        frame for frame in tape.frames if busiest in frame.text and not frame.text.startswith("[")
    ]
    own = own[: max(1, frames // many)]
    make = _kalshi_copies if tape.venue is Venue.KALSHI else _polymarket_copies
    model = next((m for m in tape.markets if m.id == busiest), None)
    first: Event = Opened(own[0].at - 1, tape.venue, 1)
    texts, markets = make(own, busiest, model, many)
    events = [first, *(Frame(at, tape.venue, 1, text) for at, text in texts)]
    return Tape(tape.venue, f"{tape.name} x {many}", markets, events)


def _lines(path: Path) -> Iterator[Line]:
    """Read a recording, or a test's window of one, which has no header."""
    if path.suffix != ".jsonl":
        yield from RecordingReader(path)
        return
    decode = msgspec.json.Decoder(AnyLine).decode
    for text in path.read_bytes().splitlines():
        yield told(decode(text))


def _newest(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        message = f"no {pattern} in {folder}"
        raise SystemExit(message)
    return found[-1]


def _looped(events: Sequence[Event], limit: int) -> list[Event]:
    span = events[-1].at - events[0].at + SECOND
    opened = 0
    out: list[Event] = []
    count = 0
    venue = events[0].venue
    while count < limit:
        shift = span * opened
        opened += 1
        conn = opened * 10
        out.append(Opened(events[0].at + shift, venue, conn))
        inside = 1
        for event in events:
            if type(event) is Opened:
                conn += inside
                out.append(Opened(event.at + shift, venue, conn))
            elif type(event) is Frame:
                out.append(Frame(event.at + shift, venue, conn, event.text))
                count += 1
    return out


def _busiest(tape: Tape, pattern: re.Pattern[str]) -> str:
    names = Counter(found[1] for f in tape.frames if (found := pattern.search(f.text)))
    return names.most_common(1)[0][0]


def _kalshi_copies(
    frames: Sequence[Frame], ticker: str, model: Market | None, many: int
) -> tuple[list[tuple[int, str]], list[Market]]:
    names = [f"{ticker}-{i}" for i in range(many)]
    seq: Counter[str] = Counter()
    texts = []
    for frame in frames:
        if '"seq"' not in frame.text and "ticker" not in frame.text:
            continue
        sid = re.search(r'"sid":\s*(\d+)', frame.text)
        key = sid[1] if sid else ""
        for name in names:
            text = frame.text.replace(ticker, name)
            if '"seq"' in text:
                seq[key] += 1
                text = _SEQ.sub(f'"seq":{seq[key]}', text, count=1)
            texts.append((frame.at, text))
    return texts, [_copy(model, MarketId(name)) for name in names] if model else []


def _polymarket_copies(
    frames: Sequence[Frame], condition: str, model: Market | None, many: int
) -> tuple[list[tuple[int, str]], list[Market]]:
    tokens = sorted({t for f in frames for t in _TOKEN.findall(f.text)})
    swaps: list[list[tuple[str, str]]] = []
    markets = []
    for i in range(many):
        new = condition[:-6] + f"{i:06d}"
        pairs = [(condition, new), *((t, t[:-6] + f"{i:06d}") for t in tokens)]
        swaps.append(pairs)
        if model is not None:
            table = dict(pairs)
            outcomes: Any = tuple(
                msgspec.structs.replace(o, token=table.get(o.token, o.token))
                for o in model.outcomes
            )
            markets.append(msgspec.structs.replace(_copy(model, MarketId(new)), outcomes=outcomes))
    return [(f.at, text) for f in frames for text in _written(f.text, swaps)], markets


def _written(text: str, swaps: Sequence[Sequence[tuple[str, str]]]) -> Iterator[str]:
    for pairs in swaps:
        out = text
        for old, new in pairs:
            out = out.replace(old, new)
        yield out


def _copy(model: Market, name: MarketId) -> Market:
    return msgspec.structs.replace(model, id=name)
