"""A text that cannot be printed by accident."""

import hmac
from typing import NoReturn


class Secret:
    """A text that shows itself to no one but who calls `reveal`.

    No repr, format, log line, JSON, msgspec encoding, pickle or copy contains it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself; hold it no longer than needed."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(
            self._text.encode(), other._text.encode()
        )

    __hash__ = None  # type: ignore[assignment]  # no table of secrets

    def __reduce_ex__(self, _: object) -> NoReturn:
        msg = "a secret is not pickled or copied"
        raise TypeError(msg)
