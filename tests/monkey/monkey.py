"""A monkey on the full-screen terminal of a live session; the exchange's ledger is the oracle."""

import asyncio
import traceback
from collections import Counter
from contextlib import contextmanager
from itertools import count
from unittest.mock import patch

from tests.live.evening import api_key
from tests.monkey import keyboard
from tests.monkey.checks import check_journal
from tests.proof.life import Life
from tests.proof.oracle import Oracle
from tests.proof.story import Story, Stranger
from textual.screen import Screen

from pmterm.messages.commands import Halt
from pmterm.messages.live import Armed, Disarmed
from pmterm.messages.orders import OrderNamed, PlaceOrder
from pmterm.model.order import GateState
from pmterm.model.units import MS
from pmterm.trading.risk.live_checks import goes_unarmed
from pmterm.tui.app import TradingApp

HEARD_S = 0.5  # a kill is heard and done by then, on virtual time
WIDTHS, HEIGHTS = (20, 300), (5, 80)
DOES = {
    "one_key": 40, "hammer": 13, "come_round": 8, "often": 8, "seldom": 10, "word": 8, "paste": 4,
    "mouse": 2, "resize": 1.5, "crowd": 4.5, "wait": 2, "kill_works": 0.5, "quit": 0.5, "die": 0.3,
}  # fmt: skip
KEYS_A_DAY = 1_000  # then all is let settle and held against the ledger, and another day begins


@contextmanager
def textual_on(loop, paint_every):
    """Have Textual's timers go by the loop's time, and paint only each n-th picture."""
    pictures = count()
    paint = Screen._compositor_refresh

    def refresh(screen):
        if screen is not screen.app.screen or next(pictures) % paint_every == 0:
            paint(screen)
        else:
            screen._dirty_widgets.clear()
            screen._compositor._dirty_regions.clear()

    with (
        patch("textual._time.get_time", loop.time),
        patch("textual.screen.Screen._compositor_refresh", refresh),
    ):
        yield


class Monkey(Story):
    """One seed of `tell()`; `paint_every` saves the work of drawing what nobody looks at."""

    def __init__(self, seed: int, keys: int, paint_every: int = 1) -> None:
        super().__init__(seed)
        self.has_stranger = False
        self.keys = keys
        self.paint_every = paint_every
        self.pressed = 0
        self.app = None
        self.app_running = None
        self.presses: list[str] = []

    async def _tell(self):
        loop = asyncio.get_running_loop()
        with textual_on(loop, self.paint_every):
            async with self.exchange.server, asyncio.TaskGroup() as group:
                self.group = group
                self.key = await api_key(self.exchange)
                self.life = Life(self.exchange, self.key, group)
                self.oracle = Oracle(self.life)
                self._watch_arrivals()
                self.stranger_ = Stranger(self)
                self._watch_for_unarmed()
                while self.pressed < self.keys and not self.life.wrong:
                    await self._day(min(self.pressed + KEYS_A_DAY, self.keys))
                self._count()
                if self.life.here is not None:
                    await self.life.kill()
                await self.stranger_.http.close()

    async def _day(self, until):
        """One session and its restarts, to a reckoning with the ledger."""
        await self._open()
        await self._ready()
        while self.pressed < until and not self.life.wrong:
            await self._step()
            self._check_alive()
            if self.app_running.done():
                await self._reopen()
        await self._kill_works()
        await self._close_app()
        await self._calm()
        self.oracle.check_all()
        self._check_book()
        await self.life.stop()

    # The terminal

    async def _open(self):
        await self._start()
        self.app = TradingApp(
            self.here.session.desk, self.exchange.clock, slow=self.paint_every > 1
        )
        size = (self.chance.randint(*WIDTHS), self.chance.randint(*HEIGHTS))
        run = self.app.run_async(headless=True, size=size)
        self.app_running = self.group.create_task(run)
        await asyncio.sleep(0.3)
        self.note(f"opened at {size}")

    async def _close_app(self):
        if not self.app_running.done():
            self.app.exit()
            await self.app_running
        self._check_crash()

    async def _reopen(self):
        """Left by a key: the session is over, and another begins from the journal."""
        self._check_crash()
        await self.life.stop()
        self.figures["left and came back"] += 1
        await self._pass(self.chance.choice([0.0, 1.0, 20.0]))
        await self._open()

    def _check_alive(self):
        if self.app_running.done():
            self._check_crash()

    def _check_crash(self):
        died = self.app.crash or (self.app_running.done() and self.app_running.exception())
        if died and not self.life.wrong:
            self.oracle.says("the screen died: " + "".join(traceback.format_exception(died)))

    # What a monkey does

    async def _step(self):
        name = self.chance.choices(list(DOES), list(DOES.values()))[0]
        await getattr(self, f"_{name}")()

    async def _one_key(self):
        gap = self.chance.choice([0.0, 0.05, 0.35, 1.1])
        await self._keys([keyboard.any_key(self.chance)], gap)

    async def _hammer(self):
        keys = [keyboard.any_key(self.chance) for _ in range(self.chance.randint(20, 200))]
        await self._keys(keys, self.chance.choice([0.0, 0.0, 0.03, 0.06, 0.3]))

    async def _often(self):
        await self._phrase(self.chance.choice(keyboard.OFTEN))

    async def _seldom(self):
        await self._phrase(self.chance.choice(list(keyboard.PHRASES)))

    async def _word(self):
        gap = self.chance.choice([0.0, 0.1, 0.35])
        await self._keys([*self.chance.choice(keyboard.WORDS)], gap)
        await self._keys(["enter"], keyboard.CALM_S)

    async def _resize(self):
        size = (self.chance.randint(*WIDTHS), self.chance.randint(*HEIGHTS))
        keyboard.resize(self.app, *size)
        self.note(f"resized to {size}")
        self.figures["resizes"] += 1
        await asyncio.sleep(0.05)

    async def _crowd(self):
        await self.chance.choice([self.cross, self.cross, self.quote])()

    async def _wait(self):
        await asyncio.sleep(self.chance.choice([0.5, 2.0, 6.0, 15.0]))

    async def _quit(self):
        await self._keys([keyboard.LEAVE, *"quit", "enter"], keyboard.CALM_S)

    async def _keys(self, keys, gap):
        for key in keys:
            if self.app_running.done():
                return
            keyboard.press(self.app, key)
            self.presses.append(key)
            self.pressed += 1
            self.figures["keys"] += 1
            if gap:
                await asyncio.sleep(gap)
        self.note(f"keys {' '.join(keys)} each {gap} s; {type(self._top()).__name__}")
        await self._pass(0.0)

    async def _phrase(self, name):
        await self._keys(keyboard.PHRASES[name], keyboard.CALM_S)
        self.figures[f"phrase: {name}"] += 1

    async def _come_round(self):
        """Do what a person would to trade on: go back, resume, arm, order."""
        await self._keys(["escape"] * (len(self.app.screen_stack) - 2), 0.2)
        if self.here.gate.state is not GateState.ACTIVE:
            await self._phrase("resume")
        if self.here.gate.armed is None:
            await self._phrase(self.chance.choice(["first market", "last market"]))
            await self._phrase("arm")
        await self._phrase(self.chance.choice(["buy small", "resting", "limit", "sell", "by size"]))
        await self._phrase("yes")

    async def _paste(self):
        text = self.chance.choice(keyboard.PASTES)
        if self.chance.random() < 0.5 and not self.app_running.done():
            keyboard.paste(self.app, text)
            self.note(f"pasted {text[:20]!r}")
        else:  # by a terminal that knows no brackets
            await self._keys(["enter" if key == "\n" else key for key in text[:40]], 0.0)
        self.figures["pastes"] += 1
        await asyncio.sleep(0.3)

    async def _mouse(self):
        width, height = self.app.size
        x, y = self.chance.randrange(max(width, 1)), self.chance.randrange(max(height, 1))
        self.chance.choice([keyboard.click, keyboard.scroll])(self.app, x, y)
        self.note(f"mouse at {x},{y}")
        await asyncio.sleep(0.05)

    async def _die(self):
        """End as by SIGKILL, screen and all, and come back."""
        self.note("killed from outside")
        self.life.die()
        await self._close_app()
        await self.life.kill()
        self.figures["killed and came back"] += 1
        await self._pass(self.chance.choice([0.0, 3.0]))
        await self._open()

    # What must hold

    def _top(self):
        return self.app.screen_stack[-1] if self.app.is_running and self.app.screen_stack else None

    async def _kill_works(self):
        """Whatever stands in front, the kill key halts."""
        if self.app_running.done():
            return
        top = type(self._top()).__name__
        await self._keys(["ctrl+k"], 0.0)
        await asyncio.sleep(HEARD_S)
        if self.app_running.done():
            return  # a key before it had left the terminal already
        self.figures[f"kill in {top}"] += 1
        if self.here.gate.state is not GateState.HALTED:
            self.oracle.says(f"the kill key did nothing in {top}")

    def _watch_for_unarmed(self):
        """Look at each order as it arrives at the venue: is anything armed for it?"""
        player = self.exchange.server.player
        passes = player.pass_on

        async def pass_on(request, handler, venue):
            if request.method == "POST" and "order" in request.path and not self.life.is_dead:
                self._arrives((await request.read()).decode())
            return await passes(request, handler, venue)

        player.pass_on = pass_on

    def _arrives(self, body):
        messages = self.life.journal.messages
        named = next((m for m in reversed(messages) if isinstance(m, OrderNamed)
                      and (m.body == body or m.venue_order in body)), None)  # fmt: skip
        if named is None:
            return
        placed = next(m for m in reversed(messages)
                      if isinstance(m, PlaceOrder) and m.intent.order == named.order)  # fmt: skip
        self.figures["orders that arrived"] += 1
        intent, armed = placed.intent, self.here.gate.armed
        is_armed = armed is not None and armed.market == intent.market
        if not is_armed and not goes_unarmed(intent) and self._changed_before_now():
            self.oracle.says(f"{intent.order} arrived unarmed: {armed}")

    def _changed_before_now(self):
        """Whether the arming changed before this instant: what is on the wire takes no time."""
        messages = reversed(self.life.journal.messages)
        changed = next((m for m in messages if isinstance(m, Armed | Disarmed)), None)
        return changed is None or self.exchange.clock.now() - changed.at > MS

    def _check_book(self):
        for words in check_journal(self.life.journal.messages):
            self.oracle.says(words)

    def _count(self):
        super()._count()
        kinds = Counter(type(message).__name__ for message in self.life.journal.messages)
        for kind in ("Armed", "Disarmed", "SubmitTicket", "AmendTicket", "PlaceOrder", "Fill"):
            self.figures[kind] += kinds[kind]
        self.figures["halts by key"] += sum(
            isinstance(m, Halt) and m.reason == "halted by hand" for m in self.life.journal.messages
        )
