"""One connection to Polymarket's user stream, without the socket: texts in, texts out.

Source: Polymarket docs, user channel, read 2026-08. How bad credentials are answered is not
documented; here the connection is closed.
"""

import msgspec

from pmterm.sim.polymarket_keys import ApiKey, KeyRing, is_same
from pmterm.sim.polymarket_session import INVALID, REFUSAL, REFUSED, Farewell, Reply

BAD_KEY = "authentication failed"


class _Auth(msgspec.Struct, frozen=True):
    """Credentials in the first frame."""

    api_key: str = msgspec.field(name="apiKey", default="")
    secret: str = ""
    passphrase: str = ""


class _Command(msgspec.Struct):
    """What a client may say. The first command has `type` and `auth`, later ones `operation`."""

    type: str = ""
    operation: str = ""
    auth: _Auth = _Auth()
    markets: list[str] = []


_decoder = msgspec.json.Decoder(_Command)


class UserSession:
    """Whose words a client hears, and about which markets: all of them if it names none.

    There is no first picture and nothing is said again after a break.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._markets: set[str] = set()
        self._hears_all = False
        self.key: ApiKey | None = None

    def hear(self, text: str) -> list[Reply]:
        """Answer what the client said."""
        if text.strip() == "PING":
            return ["PONG"] if self.key is not None else [Farewell(REFUSED, REFUSAL)]
        try:
            command = _decoder.decode(text)
        except (msgspec.MsgspecError, RecursionError):
            return [INVALID] if self.key is not None else [Farewell(REFUSED, REFUSAL)]
        if self.key is None:
            return self._begin(command)
        if command.operation == "subscribe":
            self._markets.update(command.markets)
        elif command.operation == "unsubscribe":
            self._markets.difference_update(command.markets)
        else:
            return [INVALID]
        return []

    def wants(self, address: str, market: str) -> bool:
        """Tell whether it hears about a wallet key's account in a market."""
        is_own = self.key is not None and self.key.address == address
        return is_own and (self._hears_all or market in self._markets)

    def _begin(self, command: _Command) -> list[Reply]:
        key = self._keys.find(command.auth.api_key)
        is_proven = (
            command.type == "user"
            and key is not None
            and is_same(key.secret, command.auth.secret)
            and is_same(key.passphrase, command.auth.passphrase)
        )
        if not is_proven:
            return [Farewell(REFUSED, BAD_KEY)]
        self.key = key
        self._markets = set(command.markets)
        self._hears_all = not command.markets
        return []
