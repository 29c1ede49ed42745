"""Proves to Kalshi who asks: headers made afresh for every attempt, since they age in seconds."""

from collections.abc import Mapping

from pmterm.messages.transport import HttpRequest
from pmterm.model.ids import Venue
from pmterm.model.units import Ns
from pmterm.venues.kalshi.asking import KEY
from pmterm.venues.kalshi.auth import STREAM_PATH, Signer, headers

ROOT = "/trade-api/v2"


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

    def __repr__(self) -> str:
        return f"KalshiProof({self._signer.kind})"

    def headers(self, request: HttpRequest, at: Ns) -> Mapping[str, str]:
        """Return the three headers of a request with `auth` "key"; none for any other.

        Raises:
            CredentialsWrong: the key id cannot be one.
        """
        if request.auth != KEY:
            return {}
        return headers(self._signer, self._key_id, request.method, self._root + request.path, at)

    def handshake(self, at: Ns) -> Mapping[str, str]:
        """Return the headers of the stream's handshake.

        Raises:
            CredentialsWrong: the key id cannot be one.
        """
        return headers(self._signer, self._key_id, "GET", self._stream, at)

    def greeting(self) -> str:
        """Return nothing: the handshake proves it all."""
        return ""
