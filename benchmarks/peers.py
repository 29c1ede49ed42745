"""Other programs on the same recorded frames, where they are installed: see `installed`.

Each way below is handed a tape and returns CPU seconds per frame that it took. Each runs the
peer's own code, leaves out what is not its parsing and its book, and says what that is.
"""

import importlib.util
import time
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, TypeAlias

from pmterm.model.ids import Venue
from street_frames import Tape

Way: TypeAlias = Callable[[Tape], float]
METRIC_FRAMES = 2_000  # enough of the slowest way


def kalshi_sdk_book(tape: Tape) -> float:
    """kalshi-sdk: json, its pydantic model, its OrderbookManager changed in place.

    These are the steps of its receive loop for book frames. Left out, in its favour: the sequence
    check, the queues, and `get`, which sorts the book for the reader; so no touch is known after.
    """
    import json

    from kalshi.ws.models.orderbook_delta import OrderbookDeltaMessage, OrderbookSnapshotMessage
    from kalshi.ws.orderbook import OrderbookManager
    from pydantic import ValidationError

    texts = _book_texts(tape)
    books = OrderbookManager()
    start = time.process_time()
    for text in texts:
        data = json.loads(text)
        if data["type"] == "orderbook_delta":
            delta = OrderbookDeltaMessage.model_validate(data)
            books._apply_delta_inplace(delta)  # noqa: SLF001  # what its receive loop calls
            continue
        with suppress(ValidationError):  # it refuses a snapshot without a side, and goes on
            snapshot = OrderbookSnapshotMessage.model_validate(data)
            books._apply_snapshot_inplace(snapshot)  # noqa: SLF001  # what its receive loop calls
    return (time.process_time() - start) / len(texts)


def pykalshi_book(tape: Tape) -> float:
    """pykalshi: its parser (json, pydantic) and its OrderbookManager, as its docstring shows.

    Left out: the handlers. The touch is not known after: it is worked out when asked for.
    """
    return _pykalshi(tape, _book_texts(tape), asks=False)


def pykalshi_touch(tape: Tape) -> float:
    """The same, and the touch, depth of five and imbalance read after every frame.

    That is the nearest to what our book has at hand after each change.
    """
    return _pykalshi(tape, _book_texts(tape)[:METRIC_FRAMES], asks=True)


def _pykalshi(tape: Tape, texts: list[str], *, asks: bool) -> float:
    from pykalshi.feed import _parse_message
    from pykalshi.orderbook import OrderbookManager

    books = {market.id: OrderbookManager(market.id) for market in tape.markets}
    start = time.process_time()
    for text in texts:
        kind, _, message, _ = _parse_message(text)
        book = books.get(message.market_ticker)
        if book is None:
            book = books[message.market_ticker] = OrderbookManager(message.market_ticker)
        if kind == "orderbook_delta":
            book.apply_delta(message.side, message.price_dollars, message.delta_fp)
        else:
            book.apply_snapshot(message.yes_dollars, message.no_dollars)
        if asks:
            _ = (book.best_bid, book.best_ask, book.bid_depth(), book.ask_depth(), book.imbalance)
    return (time.process_time() - start) / len(texts)


def nautilus_book(tape: Tape) -> float:
    """nautilus_trader: its Polymarket adapter's own frame handler, into its OrderBook (Rust).

    Runs the methods of PolymarketDataClient on a stand-in for its `self` with the real cache,
    clock and instruments. It keeps a book for each token, so every change is applied twice; it
    knows the touch after. Left out: the DataEngine and the message bus, which take deltas on.
    """
    return _nautilus(tape, with_quotes=False)


def nautilus_quotes(tape: Tape) -> float:
    """The same, and its own quote ticks out of the book after every change."""
    return _nautilus(tape, with_quotes=True)


def _nautilus(tape: Tape, *, with_quotes: bool) -> float:
    from nautilus_trader.adapters.polymarket.data import PolymarketDataClient

    client: Any = _stand_in(tape, with_quotes=with_quotes)
    handle = PolymarketDataClient._handle_raw_ws_message  # noqa: SLF001  # where its frames enter
    frames = [frame.text.encode() for frame in tape.frames]
    start = time.process_time()
    for raw in frames:
        handle(client, raw)
    taken = time.process_time() - start
    if client.failures or not client.passed_on:
        message = f"nautilus refused {client.failures} frames and passed {client.passed_on} on"
        raise RuntimeError(message)
    return taken / len(frames)


def _stand_in(tape: Tape, *, with_quotes: bool) -> SimpleNamespace:
    """Make what the adapter's handlers need of their client, and no more."""
    import msgspec
    from nautilus_trader.adapters.polymarket.common.parsing import parse_polymarket_instrument
    from nautilus_trader.adapters.polymarket.data import PolymarketDataClient
    from nautilus_trader.adapters.polymarket.websocket.types import MARKET_WS_MESSAGE
    from nautilus_trader.cache.cache import Cache
    from nautilus_trader.common.component import LiveClock

    cache = Cache()
    for market in tape.markets:
        words: dict[str, Any] = {
            "condition_id": market.id,
            "question": market.title,
            "minimum_tick_size": market.bands[0].step / 10_000,
            "end_date_iso": None,
        }
        for outcome in market.outcomes:
            cache.add_instrument(parse_polymarket_instrument(words, outcome.token, outcome.name, 0))
    client = SimpleNamespace(
        _decoder_market_msg=msgspec.json.Decoder(MARKET_WS_MESSAGE),
        _cache=cache,
        _clock=LiveClock(),
        _local_books={},
        _last_quotes={},
        _pending_snapshot_after_tick_change=set(),
        _config=SimpleNamespace(compute_effective_deltas=False, drop_quotes_missing_side=True),
        is_subscribed_order_book_deltas=lambda _: True,
        is_subscribed_quote_ticks=lambda _: with_quotes,
        failures=0,
        passed_on=0,
    )

    def failed(*_: object) -> None:
        client.failures += 1

    def handed_on(_: object) -> None:
        client.passed_on += 1

    def ignored(*_: object) -> None:
        return

    log = SimpleNamespace(exception=failed, error=failed, warning=ignored, debug=ignored)
    vars(client).update(_handle_data=handed_on, _log=log)
    for name in (
        "_handle_ws_message",
        "_handle_quotes",
        "_handle_quote",
        "_handle_book_snapshot",
        "_handle_deltas",
        "_handle_trade",
        "_create_local_book",
    ):
        setattr(client, name, getattr(PolymarketDataClient, name).__get__(client))
    return client


def _book_texts(tape: Tape) -> list[str]:
    """Return the frames that change books; the peers do nothing with the few others."""
    return [f.text for f in tape.frames if '"orderbook_' in f.text and '"seq"' in f.text]


_NAUTILUS = ("nautilus_trader", "py_clob_client_v2")  # its Polymarket adapter needs both
PEERS: dict[Venue, dict[str, tuple[tuple[str, ...], Way]]] = {
    Venue.KALSHI: {
        "kalshi-sdk, book": (("kalshi",), kalshi_sdk_book),
        "pykalshi, book": (("pykalshi",), pykalshi_book),
        "pykalshi, book and touch": (("pykalshi",), pykalshi_touch),
    },
    Venue.POLYMARKET: {
        "nautilus, book": (_NAUTILUS, nautilus_book),
        "nautilus, book and quotes": (_NAUTILUS, nautilus_quotes),
    },
}


def installed(venue: Venue) -> tuple[dict[str, Way], list[str]]:
    """Return the ways of the peers that can be imported, and the names of the others."""
    ways: dict[str, Way] = {}
    missing: list[str] = []
    for name, (modules, way) in PEERS[venue].items():
        if all(importlib.util.find_spec(module) for module in modules):
            ways[name] = way
        else:
            missing.append(name)
    return ways, missing
