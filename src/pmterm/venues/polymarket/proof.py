"""Who asks: puts the account's headers on requests, and greets the user stream with its key."""

from collections.abc import Mapping

import msgspec

from pmterm.messages.transport import HttpRequest
from pmterm.model.errors import CredentialsWrong
from pmterm.model.ids import Venue
from pmterm.model.units import Ns
from pmterm.venues.polymarket.auth import ApiKey, key_headers, wallet_headers
from pmterm.venues.polymarket.signing import POLYGON
from pmterm.venues.polymarket.wallet import Wallet


class PolymarketProof:
    """Implements `Proof`. `key` None: only requests the wallet itself signs ("l1") can be made.

    `nonce` tells keys of one wallet apart; nearly everybody has only the one of nonce 0.
    """

    venue = Venue.POLYMARKET

    def __init__(
        self, wallet: Wallet, key: ApiKey | None = None, *, nonce: int = 0, chain: int = POLYGON
    ) -> None:
        self._wallet = wallet
        self._key = key
        self._nonce = nonce
        self._chain = chain

    def __repr__(self) -> str:
        return f"PolymarketProof({self._wallet.address})"

    def headers(self, request: HttpRequest, at: Ns) -> Mapping[str, str]:
        """Return headers for a request with `auth` "l1" or "l2", made afresh for each attempt.

        "open" marks a question that is private, though whoever asks it gets an answer.

        Raises:
            CredentialsWrong: the request needs an API key and there is none.
        """
        if request.auth == "open":
            return {}
        if request.auth == "l1":
            return wallet_headers(self._wallet, at, nonce=self._nonce, chain=self._chain)
        return key_headers(self._wallet.address, self._needed_key(), request, at)

    def sign_ahead(self, at: Ns) -> None:
        """Nothing: what is signed here holds the order's own bytes."""

    def handshake(self, at: Ns) -> Mapping[str, str]:  # noqa: ARG002  # Proof's shape
        """Nothing: the user stream's handshake is open to all, its first frame is not."""
        return {}

    def greeting(self) -> str:
        """Return the user stream's first frame: the key, and no list of markets, which means all.

        Raises:
            CredentialsWrong: there is no API key.
        """
        key = self._needed_key()
        words = {
            "apiKey": key.id,
            "secret": key.secret.reveal(),
            "passphrase": key.passphrase.reveal(),
        }
        return msgspec.json.encode({"type": "user", "auth": words}).decode()

    def _needed_key(self) -> ApiKey:
        if self._key is None:
            raise CredentialsWrong(
                "There is no Polymarket API key yet.", "Run `pmterm keys add polymarket`."
            )
        return self._key
