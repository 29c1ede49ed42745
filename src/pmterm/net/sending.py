"""A request on its way: what is known of its sending, and how its answer is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any

from pmterm.messages.transport import HttpResponse
from pmterm.model.units import Ns

if TYPE_CHECKING:
    from pmterm.net.line import Line, Reply


class NotPermitted(Exception):
    """An order may not go out any more; said before its first byte."""


class Sending:
    """What one request knows of its sending: when its connection was in hand, who may stop it.

    `begun` is what was written already, before anybody waited for it.
    """

    __slots__ = ("begun", "permit", "sent_at")

    def __init__(self, permit: Callable[[], str]) -> None:
        self.permit = permit
        self.sent_at: Ns = 0
        self.begun: tuple[Line, asyncio.Future[Reply]] | None = None


class Answering:
    """Waits for an answer once it is awaited; who is cancelled before that leaves nothing open."""

    def __init__(self, wait: Callable[[], Coroutine[Any, Any, HttpResponse]]) -> None:
        self._wait = wait

    def __await__(self) -> Generator[Any, None, HttpResponse]:
        """Wait."""
        return self._wait().__await__()


def failed(error: Exception) -> asyncio.Future[Any]:
    """Return what raises `error` where it is awaited; nobody need await it."""
    answer = asyncio.get_running_loop().create_future()
    answer.set_exception(error)
    answer.exception()
    return answer
