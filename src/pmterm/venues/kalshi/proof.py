"""Proves to Kalshi who asks: headers made afresh for every attempt, since they age in seconds."""

from collections.abc import Mapping

from pmterm.messages.transport import HttpRequest
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.venues.kalshi.asking import KEY, WRITES
from pmterm.venues.kalshi.auth import STREAM_PATH, Signer, headers

ROOT = "/trade-api/v2"
GOOD_FOR: Ns = 1 * SECOND  # of the five that Kalshi was seen to accept


class KalshiProof:
    """Signs requests and the stream's handshake with one key.

    `root` and `stream` are the paths of the REST base and of the stream from the root of their
    host: both are part of what is signed. No repr shows the private key.
    """

    venue = Venue.KALSHI

    def __init__(
        self, signer: Signer, key_id: str, *, root: str = ROOT, stream: str = STREAM_PATH
    ) -> None:
        self._signer = signer
        self._key_id = key_id
        self._root = root.rstrip("/")
        self._stream = stream
        self._ahead: tuple[Ns, Mapping[str, str]] | None = None

    def __repr__(self) -> str:
        return f"KalshiProof({self._signer.kind})"

    def headers(self, request: HttpRequest, at: Ns) -> Mapping[str, str]:
        """Return the three headers of a request with `auth` "key"; none for any other.

        Raises:
            CredentialsWrong: the key id cannot be one.
        """
        if request.auth != KEY:
            return {}
        if (request.method, request.path) == ("POST", WRITES) and self._ahead is not None:
            (made_at, made), self._ahead = self._ahead, None
            if 0 <= at - made_at <= GOOD_FOR:
                return made
        return self._made(request.method, request.path, at)

    def sign_ahead(self, at: Ns) -> None:
        """Sign the next order's headers now: they hold no word of the order itself.

        They are used once, and only within a second.

        Raises:
            CredentialsWrong: the key id cannot be one.
        """
        self._ahead = at, self._made("POST", WRITES, at)

    def _made(self, method: str, path: str, at: Ns) -> Mapping[str, str]:
        return headers(self._signer, self._key_id, method, self._root + path, at)

    def handshake(self, at: Ns) -> Mapping[str, str]:
        """Return the headers of the stream's handshake.

        Raises:
            CredentialsWrong: the key id cannot be one.
        """
        return headers(self._signer, self._key_id, "GET", self._stream, at)

    def greeting(self) -> str:
        """Return nothing: the handshake proves it all."""
        return ""
