"""Kalshi's ticker channel alone, about once a second: best prices, sizes, contracts traded so far.

Lines are a recorder's envelope around the venue's message, as in
github.com/organics-jpg/kalshi-probability-model-bot-gpt55-export (no licence).
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from pmterm.lab.readers.rows import Best, price_of, qty_of
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketSeen, TouchSeen
from pmterm.model.errors import RecordingBroken
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.units import Ns

FEES: Final = FeeSchedule(FeeKind.KALSHI, 70_000, 0)  # docs, fee_rounding, read 2026-10


class _Words(msgspec.Struct):
    market_ticker: str = ""
    price_dollars: str = ""
    volume_fp: str = ""
    yes_bid_dollars: str = ""
    yes_bid_size_fp: str = ""
    yes_ask_dollars: str = ""
    yes_ask_size_fp: str = ""


class _Line(msgspec.Struct):
    event_type: str
    local_recv_ns: int
    payload_json: _Words


def read(path: Path) -> Iterator[Message]:
    """Yield what the tickers say."""
    best = Best()
    known: set[MarketId] = set()
    last: Ns = 0
    for line in _lines(path):
        words, at = line.payload_json, max(line.local_recv_ns, last)
        if line.event_type != "ticker":
            continue
        last = at
        market = MarketId(words.market_ticker)
        if market not in known:
            known.add(market)
            yield MarketSeen(at, _market(market))
        bid = price_of(words.yes_bid_dollars), qty_of(words.yes_bid_size_fp)
        ask = price_of(words.yes_ask_dollars), qty_of(words.yes_ask_size_fp)
        yield from best.said(market, at, bid, ask)
        price, volume = price_of(words.price_dollars), qty_of(words.volume_fp)
        yield TouchSeen(at, at, market, bid[0], ask[0] or 10_000, price, volume)


def _lines(path: Path) -> Iterator[_Line]:
    decode = msgspec.json.Decoder(_Line).decode
    try:
        with path.open("rb") as file:
            raw = zstandard.ZstdDecompressor().stream_reader(file)
            for text in io.TextIOWrapper(raw, encoding="utf-8"):
                yield decode(text)
    except (OSError, zstandard.ZstdError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise RecordingBroken(f"{path.name}: {error}.") from error


def _market(ticker: MarketId) -> Market:
    return Market(
        id=ticker,
        venue=Venue.KALSHI,
        title=ticker,
        outcomes=(Outcome("Yes"), Outcome("No")),
        event=ticker,
        category="crypto",
        fees=FEES,
    )
