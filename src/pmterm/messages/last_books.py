"""The last word on every book: what several stages of the street look up, kept once for all."""

from collections.abc import Sequence

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.feed import BookChanged, BookDoubted, BookLost, TickChanged
from pmterm.model.ids import MarketId


class LastBooks:
    """Books by market as they were last said.

    Stages that are given the same one all name its `book_changed` as their handler; the street
    then calls it once, where the first of them stands.
    """

    __slots__ = ("books",)

    def __init__(self) -> None:
        self.books: dict[MarketId, BookChanged] = {}

    def book_changed(self, book: BookChanged) -> Sequence[Message]:
        """Keep it; says nothing. Heard for every change of every book."""
        self.books[book.market] = book
        return ()

    def book_lost(self, lost: BookLost | BookDoubted | TickChanged) -> None:
        """Distrust a book until it is said to be sound again."""
        book = self.books.get(lost.market)
        if book is not None:
            self.books[lost.market] = msgspec.structs.replace(book, is_trusted=False)
