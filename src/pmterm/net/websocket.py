"""Text frames in and out of one venue's stream, each stamped as it is taken off the socket."""

from collections.abc import AsyncGenerator, Callable, Mapping

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    PayloadTooBig,
    WebSocketException,
)

from pmterm.messages.transport import Closed, Frame, Opened
from pmterm.model.errors import SettingsWrong, TransportLost
from pmterm.model.ids import Venue
from pmterm.model.text import clean_text
from pmterm.model.units import SECOND
from pmterm.net.address import check_base
from pmterm.net.clock import Clock
from pmterm.net.explain import refused_stream
from pmterm.net.words import words_for

MAX_FRAME = 64 * 1024 * 1024
OPEN_S = 10.0
PING_S = 20.0
SILENT_S = 30.0  # Polymarket's own client takes 30 s without any text, PONGs too, for dead
CLOSE_S = 2.0

_CLOSE_WORDS = {
    1000: "the venue ended the stream",
    1001: "the venue is going away",
    1006: "the connection was cut",
    1007: "a frame was not UTF-8 text",
    1008: "the venue says we broke its rules",
    1009: "a frame was too large",
    1011: "the venue has a fault of its own",
    1012: "the venue starts again",
    1013: "the venue is too busy",
}


class Stream:
    """One venue's stream, one connection each time it is iterated.

    Iterating gives `Opened`, then `Frame`s, then `Closed` with the reason, then raises
    `TransportLost`; whoever iterates decides when to try again. `headers` is asked anew for every
    handshake. `silent_s` is how long no text at all may come before the stream counts as stalled
    though its socket is open; 0 switches that off. No redirect is followed, no proxy of the
    environment is used.
    """

    def __init__(
        self,
        url: str,
        headers: Callable[[], Mapping[str, str]],
        venue: Venue,
        clock: Clock,
        *,
        silent_s: float = SILENT_S,
        proxy: str | None = None,
        max_size: int = MAX_FRAME,
        open_s: float = OPEN_S,
    ) -> None:
        self._url = check_base(url, schemes=("wss", "ws"))
        self._headers = headers
        self.venue = venue
        self._clock = clock
        self._silent = round(silent_s * SECOND)
        self._proxy = proxy
        self._max_size = max_size
        self._open_s = open_s
        self._socket: ClientConnection | None = None
        self._dropped = ""
        self._conn = 0
        self._heard_at = 0
        self._stop_watch: Callable[[], None] = _nothing

    def __aiter__(self) -> AsyncGenerator[Opened | Frame | Closed, None]:
        """Connect and give what comes; use it under `contextlib.aclosing`.

        Raises:
            TransportLost: after the `Closed`, or at once when no connection could be made.
            CredentialsWrong: the handshake was refused for the key, before any ever succeeded.
            VenueRefused: likewise, for another reason that does not heal by itself.
        """
        return self._events()

    async def send(self, text: str) -> None:
        """Send a text frame; one that finds no open connection is dropped."""
        if self._socket is None:
            return
        try:
            await self._socket.send(text)
        except ConnectionClosed:
            return  # the reader finds out by itself, and says why

    def drop(self, reason: str) -> None:
        """Cut the connection at once; what was not yet taken off the socket is gone."""
        if self._socket is not None and not self._dropped:
            self._dropped = reason
            self._socket.transport.abort()

    async def _events(self) -> AsyncGenerator[Opened | Frame | Closed, None]:
        socket = await self._connect()
        self._socket, self._dropped = socket, ""
        self._conn += 1
        venue, conn = self.venue, self._conn
        stamp, monotonic = self._clock.stamp, self._clock.monotonic
        reason = ""
        self._watch_silence()
        try:
            yield Opened(stamp(), venue, conn)
            while True:
                try:
                    text = await socket.recv()
                except ConnectionClosed as closed:
                    reason = self._dropped or _words_of_close(closed)
                    break
                at = stamp()
                self._heard_at = monotonic()
                if type(text) is not str:
                    reason = "the venue sent bytes where text belongs"
                    break
                if self._dropped:
                    continue
                yield Frame(at, venue, conn, text)
            yield Closed(stamp(), venue, conn, reason)
        finally:
            self._stop_watch()
            self._socket = None
            await socket.close()
        raise TransportLost(f"{venue.value} stream: {reason}")

    async def _connect(self) -> ClientConnection:
        try:
            return await _Connect(
                self._url,
                additional_headers=dict(self._headers()),
                user_agent_header="pmterm",
                proxy=self._proxy,
                compression="deflate",
                open_timeout=self._open_s,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                close_timeout=CLOSE_S,
                max_size=self._max_size,
                max_queue=1024,
            )
        except InvalidStatus as refused:
            raise self._refusal(refused) from None
        except InvalidURI:
            raise SettingsWrong(f"{self._url[:80]!r} is not a stream's address") from None
        except (InvalidHandshake, WebSocketException) as error:
            told = clean_text(str(error), 120)
            raise TransportLost(f"{self._name()}: not a WebSocket answer ({told})") from error
        except OSError as error:
            raise TransportLost(f"{self._name()}: {words_for(error)}") from error

    def _refusal(self, refused: InvalidStatus) -> Exception:
        body = (refused.response.body or b"")[:4096].decode("utf-8", errors="replace")
        error = refused_stream(self.venue.value, refused.response.status_code, body)
        if self._conn and not isinstance(error, TransportLost):
            # It worked before in this session: a restart or a clock, and the session goes on.
            return TransportLost(error.detail, error.hint)
        return error

    def _name(self) -> str:
        return f"{self.venue.value} stream at {self._url.split('://', 1)[1].split('/', 1)[0]}"

    def _watch_silence(self) -> None:
        self._heard_at = self._clock.monotonic()
        if self._silent:
            self._stop_watch = self._clock.after(self._silent / SECOND, self._check_silence)

    def _check_silence(self) -> None:
        left = self._heard_at + self._silent - self._clock.monotonic()
        if left > 0:
            self._stop_watch = self._clock.after(left / SECOND, self._check_silence)
        else:
            self.drop(f"nothing came for {self._silent / SECOND:g} s though the socket is open")


class _Connect(connect):
    """Connects, but follows no redirect: signed headers are for one host only."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Give the redirect back as the refusal it is."""
        return exc


def _words_of_close(closed: ConnectionClosed) -> str:
    if isinstance(closed.__cause__, PayloadTooBig):
        return _CLOSE_WORDS[1009]
    is_ours = closed.sent is not None and not closed.rcvd_then_sent
    close = closed.sent if is_ours else closed.rcvd
    if close is None:
        cause = closed.__cause__
        return words_for(cause) if isinstance(cause, OSError) else _CLOSE_WORDS[1006]
    words = _CLOSE_WORDS.get(close.code, "the stream ended")
    if close.code == 1011 and is_ours:
        words = "no pong came back: the connection is dead"
    told = clean_text(close.reason, 120)
    return f"{words} ({close.code}{' ' if told else ''}{told})"


def _nothing() -> None:
    """Stand in for a watch that was never set."""
