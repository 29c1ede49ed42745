"""Work on a Dask cluster by its address: the extra `pmterm[cluster]`."""

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from pmterm.compose.progress import Silence
from pmterm.model.errors import TransportLost, UsageWrong

PATIENCE_S = 10
WAIT_S = 0.2
T = TypeVar("T")
R = TypeVar("R")


class Cluster:
    """Sends pieces to a scheduler; its workers need pmterm and the recordings at the same paths."""

    def __init__(self, address: str) -> None:
        try:
            client: Any = importlib.import_module("distributed").Client
        except ImportError as error:
            hint = 'Install it: pip install "pmterm[cluster]".'
            raise UsageWrong("a cluster needs Dask, which is not installed.", hint) from error
        try:
            self._client: Any = client(address, timeout=PATIENCE_S, set_as_default=False)
        except (OSError, ValueError) as error:
            hint = "Give it as the scheduler says it: tcp://host:8786."
            raise TransportLost(f"no scheduler answers at {address[:80]}.", hint) from error

    @property
    def many(self) -> int:
        """How many pieces are worked on at a time."""
        return max(1, sum(int(threads) for threads in self._client.nthreads().values()))

    def map(
        self,
        work: Callable[[T, Silence], R],
        pieces: Sequence[T],
        watch: Silence,
        name: Callable[[T], str],
    ) -> Iterator[R]:
        """Yield answers in order, until stopped; what is half done then is given up."""
        with self._client as client:
            asked = [client.submit(work, piece, Silence(), pure=False) for piece in pieces]
            for done, (piece, future) in enumerate(zip(pieces, asked, strict=True)):
                watch.part(name(piece), done, len(pieces))
                while not future.done() and not watch.is_stopped:
                    _wait(future)
                if not future.done():
                    client.cancel(asked)
                    return
                yield future.result()


def _wait(future: Any) -> None:
    try:
        future.result(timeout=WAIT_S)
    except TimeoutError:
        return
