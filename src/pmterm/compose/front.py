"""Builds what faces the person: the full screen, or plain lines."""

import asyncio
import os
import select
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec

from pmterm.compose.given import Screen
from pmterm.config.settings import Settings
from pmterm.messages.health import Noticed
from pmterm.runtime.clock import Clock
from pmterm.runtime.engine import Engine
from pmterm.runtime.plain_front import PlainFront
from pmterm.runtime.signals import Ending, TerminalProbe, beside, ending_signals
from pmterm.tui.bench import Bench
from pmterm.tui.desk import Desk


class Front(msgspec.Struct, frozen=True):
    """What faces the person: `run` shows the session until it is left, `end` leaves it."""

    run: Callable[[], Awaitable[int]]
    end: Callable[[int], None]


def front_of(settings: Settings, screen: Screen, desk: Desk, engine: Engine, clock: Clock) -> Front:
    """Build the front that `screen` asks for."""
    if screen.plain:
        return _plain(desk, engine, as_json=screen.as_json)
    front = _full(settings, desk, clock, finds_first=screen.finds_first)
    return with_last_words(front, engine)


def with_last_words(front: Front, engine: Engine) -> Front:
    """Say on stderr what is noticed once the screen is gone."""
    is_gone = asyncio.Event()

    def noticed(said: Noticed) -> None:
        if is_gone.is_set():
            _last_words(f"pmterm: {said.text}\n")

    async def run() -> int:
        try:
            return await front.run()
        finally:
            is_gone.set()

    engine.listen({Noticed: noticed})
    return Front(run, front.end)


def _plain(desk: Desk, engine: Engine, *, as_json: bool) -> Front:
    front = PlainFront(desk, as_json=as_json)
    engine.listen(front.hears())

    async def run() -> int:
        with ending_signals(lambda ending: front.end(ending.exit_code)):
            return await front.run()

    return Front(run, front.end)


def _full(settings: Settings, desk: Desk, clock: Clock, *, finds_first: bool) -> Front:
    from pmterm.tui.app import TradingApp

    general = settings.general
    benches: list[Bench] = []

    def bench() -> Bench:
        from pmterm.compose.bench import LabBench

        benches.append(LabBench(settings))
        return benches[-1]

    async def run() -> int:
        try:
            return await shown(app, clock)
        finally:
            for each in benches:
                await asyncio.to_thread(each.end)

    app = TradingApp(
        desk,
        clock,
        theme=general.theme,
        ascii=general.ascii,
        slow=general.slow,
        unit=general.units,
        finds_first=finds_first,
        bench=bench,
    )
    return Front(run, lambda code: app.exit(return_code=code))


async def shown(app: Any, clock: Clock) -> int:
    """Show an app of the screen until it is left, or the terminal is gone; return its exit code."""
    endings: list[Ending] = []

    def end(ending: Ending) -> None:
        endings.append(ending)
        app.exit(return_code=ending.exit_code)

    probe = TerminalProbe(end, clock, sys.stdin.fileno())
    with ending_signals(end):
        await beside(app.run_async(), probe.run())
    for ending in endings:
        _last_words(f"pmterm: {ending.reason}\n")
    return endings[-1].exit_code if endings else app.return_code or 0


def _last_words(text: str) -> None:
    """Say why we go, unless the terminal is what is gone or stuck."""
    with suppress(OSError):
        if select.select([], [2], [], 0)[1]:
            os.write(2, text.encode())
