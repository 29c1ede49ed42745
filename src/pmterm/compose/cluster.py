"""Work on a Dask cluster by its address: the extra `pmterm[cluster]`."""

import asyncio
import importlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from typing import Any, Final, TypeVar

from pmterm.compose.pool import in_order
from pmterm.compose.progress import Silence
from pmterm.lab.kept import program
from pmterm.model.errors import TransportLost, UsageWrong

PATIENCE_S: Final = 10
T = TypeVar("T")
R = TypeVar("R")


class Cluster:
    """Sends pieces to a scheduler; its workers need this pmterm and the recordings at their paths.

    Raises:
        UsageWrong: Dask is not installed, or there are no workers, or they have another pmterm.
        TransportLost: no scheduler answers.
    """

    def __init__(self, address: str) -> None:
        try:
            self._dask: Any = importlib.import_module("distributed")
        except ImportError as error:
            hint = 'Install it: pip install "pmterm[cluster]".'
            raise UsageWrong("a cluster needs Dask, which is not installed.", hint) from error
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong we say
        self._address = address
        self._reach()
        with self._client() as client:
            self.many = sum(int(threads) for threads in client.nthreads().values())
            self._check(client)

    def map(
        self,
        work: Callable[[T, Silence], R],
        pieces: Sequence[T],
        watch: Silence,
        name: Callable[[T], str],
    ) -> Iterator[R]:
        """Yield answers in order, until stopped; what is half done then is given up.

        Raises:
            TransportLost: the scheduler or its workers are gone.
        """
        with self._client() as client:
            asked = [client.submit(work, piece, Silence(), pure=False) for piece in pieces]
            try:
                yield from in_order(asked, pieces, watch, name)
            except (self._dask.KilledWorker, CancelledError, OSError) as error:
                hint = "What was done is kept: the same command goes on."
                raise TransportLost(f"the cluster at {self._name} broke off.", hint) from error
            if watch.is_stopped:
                client.cancel(asked)

    @property
    def _name(self) -> str:
        return self._address[:80]

    def _reach(self) -> None:
        """Ask whether anybody answers: a client that fails otherwise ends late, with a traceback.

        An address without a port is a ValueError to Dask, a lack of certificates a TypeError.
        """

        async def connect() -> None:
            arguments = self._dask.Security().get_connection_args("client")
            reached = self._dask.comm.connect(self._address, timeout=PATIENCE_S, **arguments)
            await (await reached).close()

        try:
            asyncio.run(connect())
        except (OSError, ValueError, TypeError) as error:
            raise self._unheard() from error

    def _client(self) -> Any:
        try:
            return self._dask.Client(self._address, timeout=PATIENCE_S, set_as_default=False)
        except OSError as error:
            raise self._unheard() from error

    def _unheard(self) -> TransportLost:
        hint = "Give it as the scheduler says it: tcp://host:8786."
        return TransportLost(f"no scheduler answers at {self._name}.", hint)

    def _check(self, client: Any) -> None:
        """Refuse a cluster that would come to other numbers, or to none."""
        if not self.many:
            hint = f"Start some: dask worker {self._name}."
            raise UsageWrong(f"the scheduler at {self._name} has no workers.", hint)
        try:
            versions = client.run(program)
        except ImportError as error:
            hint = "Install this version of it there."
            raise UsageWrong("workers of the cluster have no pmterm.", hint) from error
        others = sorted(str(worker) for worker, told in versions.items() if told != program())
        if others:
            hint = "Install this version there, or the numbers would differ."
            raise UsageWrong(f"{others[0][:80]} runs another pmterm than we do.", hint)
