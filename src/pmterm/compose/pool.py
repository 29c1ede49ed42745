"""Work in several processes, or in this one: the same answers in the same order."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.pool import AsyncResult
from typing import Protocol, TypeVar

from pmterm.compose.progress import Silence

WAIT_S = 0.1
T = TypeVar("T")
R = TypeVar("R")


class Hands(Protocol):
    """Who does the work. `many` pieces are worked on at a time."""

    @property
    def many(self) -> int:
        """How many."""
        ...

    def map(
        self,
        work: Callable[[T, Silence], R],
        pieces: Sequence[T],
        watch: Silence,
        name: Callable[[T], str],
    ) -> Iterator[R]:
        """Yield answers in the order of the pieces, until stopped."""
        ...


class Alone:
    """One piece after the other, here; Ctrl-C stops within a piece."""

    many = 1

    def map(
        self,
        work: Callable[[T, Silence], R],
        pieces: Sequence[T],
        watch: Silence,
        name: Callable[[T], str],
    ) -> Iterator[R]:
        """Yield answers in order, until stopped."""
        for done, piece in enumerate(pieces):
            watch.part(name(piece), done, len(pieces))
            yield work(piece, watch)
            if watch.is_stopped:
                return


class Crew:
    """Processes started afresh, so that they share nothing; Ctrl-C stops between pieces."""

    def __init__(self, workers: int) -> None:
        self.many = workers

    def map(
        self,
        work: Callable[[T, Silence], R],
        pieces: Sequence[T],
        watch: Silence,
        name: Callable[[T], str],
    ) -> Iterator[R]:
        """Yield answers in order, until stopped; what is half done then is given up."""
        with multiprocessing.get_context("spawn").Pool(self.many, _deaf) as pool:
            asked: list[AsyncResult[R]] = [
                pool.apply_async(work, (piece, Silence())) for piece in pieces
            ]
            for done, (piece, answer) in enumerate(zip(pieces, asked, strict=True)):
                watch.part(name(piece), done, len(pieces))
                while not answer.ready() and not watch.is_stopped:
                    answer.wait(WAIT_S)
                    watch.at(name(piece), 0.0)
                if not answer.ready():
                    return
                yield answer.get()


def crew(workers: int, pieces: int) -> Hands:
    """Return who does the work: `workers` processes, 0 for one a core; never more than pieces."""
    many = min(workers or os.cpu_count() or 1, pieces)
    return Crew(many) if many > 1 else Alone()


def _deaf() -> None:
    """Leave Ctrl-C to the one who started us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
