"""A table that stays small: the oldest row goes when a new one has no room."""

from typing import Final, Generic, TypeVar

MOST_KEPT: Final = 20_000
_Key = TypeVar("_Key", bound=str)
_Value = TypeVar("_Value")


class Kept(dict[_Key, _Value], Generic[_Key, _Value]):
    """Rows in the order they were kept, `most` at the most."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        super().__init__()
        self.most = most

    def keep(self, key: _Key, value: _Value) -> _Value | None:
        """Remember a row, as the newest; return the one that is forgotten for it, if any."""
        self.pop(key, None)
        gone = self.pop(next(iter(self))) if len(self) >= self.most else None
        self[key] = value
        return gone
