"""What reaches the venues: requests, market streams, and the workers that hold them."""

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from pmterm.compose.core import Core, catalogs
from pmterm.config.credentials import KalshiKey, kalshi_key
from pmterm.config.settings import Settings
from pmterm.model.errors import CredentialsWrong
from pmterm.model.ids import Venue
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter, Rate
from pmterm.net.websocket import Stream
from pmterm.runtime.clock import Clock
from pmterm.runtime.feed_worker import FeedWorker
from pmterm.runtime.finder import Finder
from pmterm.runtime.hub import Hub
from pmterm.runtime.session import Edge, Private
from pmterm.venues.kalshi.auth import Signer, headers, load_key

# Reads a second, well below what each venue states for the lowest tier (Kalshi Basic: 20;
# Polymarket /book: 150 by address). Sources: their rate-limit pages, read 2026-10 and 2026-08.
RATES = {Venue.KALSHI: Rate(per_s=15, burst=30), Venue.POLYMARKET: Rate(per_s=50, burst=100)}
# A quiet Kalshi market sends no text at all (its pings are below our sight), and the feed proves
# it alive by asking for a book; Polymarket answers our PING every 10 s.
SILENT_S = {Venue.KALSHI: 300.0, Venue.POLYMARKET: 30.0}
KALSHI_STREAM_PATH = "/trade-api/ws/v2"


class Network(msgspec.Struct, frozen=True):
    """What reaches the venues."""

    http: HttpClient
    finder: Finder
    streams: Mapping[Venue, str]
    key: KalshiKey | None


def network(settings: Settings, clock: Clock) -> Network:
    """Build the HTTP client, the finder and the way to the streams; opens nothing yet."""
    http = HttpClient(settings.hosts.bases(), Limiter(RATES, clock), clock)
    finder = Finder(catalogs(), http, clock)
    return Network(http, finder, settings.hosts.streams(), kalshi_key(settings.kalshi))


def build_edge(
    net: Network, parts: Core, hub: Hub, clock: Clock, private: Private | None = None
) -> Edge:
    """Build a worker per venue; each connects when its first market is watched.

    `private` carries what concerns our own accounts, in a live session.
    """
    signer = load_key(net.key.pem.reveal().encode()) if net.key is not None else None

    def stream(venue: Venue) -> Stream:
        handshake = _handshake(venue, net.key, signer, clock)
        silent_s = SILENT_S[venue]
        return Stream(net.streams[venue], handshake, venue, clock, silent_s=silent_s)

    workers = {
        venue: FeedWorker(feed, partial(stream, venue), net.http, hub.put, clock)
        for venue, feed in parts.feeds.items()
    }
    return Edge(workers, parts.engine.announce, clock, private)


def _handshake(
    venue: Venue, key: KalshiKey | None, signer: Signer | None, clock: Clock
) -> Callable[[], Mapping[str, str]]:
    if venue is Venue.KALSHI and key is not None and signer is not None:
        return lambda: headers(signer, key.key_id, "GET", KALSHI_STREAM_PATH, clock.now())
    return dict


def connects(net: Network, edge: Edge) -> Callable[[Venue], None]:
    """Return what connects to a venue, or says why that cannot work."""

    def connect(venue: Venue) -> None:
        if venue is Venue.KALSHI and net.key is None:
            raise CredentialsWrong(
                "Kalshi's market stream wants a key, also for public data, and none is set.",
                "Set kalshi.key_id and kalshi.key_file (see `pmterm config path`), then try again.",
            )
        edge.want(venue)

    return connect
