"""Work in several processes, or in this one: the same answers in the same order."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, Protocol, TypeVar

from pmterm.compose.progress import Silence
from pmterm.model.errors import UsageWrong

WAIT_S: Final = 0.1
T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


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


class Answer(Protocol[R_co]):
    """What a piece will have come to, as processes and clusters both tell it."""

    def done(self) -> bool:
        """Tell whether it is there."""
        ...

    def result(self, timeout: float | None = None) -> R_co:
        """Return it, or raise what the work raised; TimeoutError where it is not there by then."""
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
        """Yield answers in order, until stopped; what is half done then is given up.

        Raises:
            UsageWrong: something outside ended one of the processes.
        """
        others = set(multiprocessing.active_children())
        spawn = multiprocessing.get_context("spawn")
        is_over = False
        with ProcessPoolExecutor(self.many, spawn, _begin) as crew:
            try:
                asked = [crew.submit(work, piece, Silence()) for piece in pieces]
                yield from in_order(asked, pieces, watch, name)
                is_over = not watch.is_stopped
            except BrokenProcessPool as error:
                hint = "Often there was not enough memory: try fewer with --workers."
                raise UsageWrong("one of the processes was ended from outside.", hint) from error
            finally:
                if not is_over:
                    crew.shutdown(wait=False, cancel_futures=True)
                    for ours in set(multiprocessing.active_children()) - others:
                        ours.terminate()


def in_order(
    asked: Sequence[Answer[R]], pieces: Sequence[T], watch: Silence, name: Callable[[T], str]
) -> Iterator[R]:
    """Yield answers as they are asked for, and say what is waited for, until stopped."""
    for done, (piece, answer) in enumerate(zip(pieces, asked, strict=True)):
        watch.part(name(piece), done, len(pieces))
        while not answer.done() and not watch.is_stopped:
            with contextlib.suppress(TimeoutError):
                answer.result(WAIT_S)
            watch.at(name(piece), 0.0)
        if not answer.done():
            return
        yield answer.result()


def crew(workers: int, pieces: int) -> Hands:
    """Return who does the work: `workers` processes, 0 for one a core; never more than pieces."""
    many = min(workers or os.cpu_count() or 1, pieces)
    return Crew(many) if many > 1 else Alone()


def _begin() -> None:
    """Leave Ctrl-C to the one who started us, and end when that one does, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
