"""One account's sessions on one exchange: begun, left, and killed at named points, one after
another, each from the journal of those before."""

import asyncio
from collections import Counter

import msgspec
from tests.live.evening import HEARD, Evening, Exchange, MemoryJournal, begin

from pmterm.config.settings import Settings
from pmterm.messages.orders import GateChanged
from pmterm.messages.transport import HttpRequest
from pmterm.model.order import GateState
from pmterm.sim.exchange_orders import OrderMoved, Step
from pmterm.store.journal import Journaled
from pmterm.trading.risk.limits import Limits

LIMITS = Limits(
    max_position=25_000_000,
    max_event=25_000_000,
    max_total=45_000_000,
    max_day_loss=0,
    max_drawdown_ppm=0,
    losses_in_row=0,
    market_cooldown=0,
    error_share_ppm=0,
    move_ppm=0,
    min_depth=0,
    max_orders=0,
    collar_ppm=0,
    passive_collar=0,
    max_spread=0,
    max_spread_ratio=0,
)
SETTINGS = Settings(risk=LIMITS)
ROW = msgspec.json.Decoder(Journaled)
CREATES = ("place:", "amend:")


class Crash(msgspec.Struct, frozen=True):
    """Where the next session dies: `when` "before" or "after" a row, a request, an acceptance."""

    when: str
    what: str

    def __str__(self):
        return f"killed {self.when} {self.what}"


class ProofJournal(MemoryJournal):
    """What is on disk: rows are written as text, and read back at the next start."""

    def __init__(self, life, before=()):
        super().__init__(before)
        self.life = life

    async def append(self, messages):
        kinds = {type(message).__name__ for message in messages}
        await self.life.pass_or_die("before", kinds)
        self.messages += messages
        await self.life.pass_or_die("after", kinds)

    def read_back(self):
        return [ROW.decode(msgspec.json.encode(message)) for message in self.messages]


class Life:
    """Holds the running session, if one runs, and what is counted on the way out of it."""

    def __init__(self, exchange: Exchange, key, group: asyncio.TaskGroup) -> None:
        self.exchange = exchange
        self.key = key
        self.journal = ProofJournal(self)
        self.here: Evening | None = None
        self.crash: Crash | None = None
        self.crashed = asyncio.Event()
        self.granted: Counter[str] = Counter()
        self.said = []
        self.wrong: list[str] = []
        self.sessions = 0
        self.halted_at: float | None = None
        self._group = group
        self._http = None
        self._running: asyncio.Task | None = None
        self._over = asyncio.Event()
        exchange.exchange.on_account.append(self._account_told)

    @property
    def is_dead(self):
        return self.crashed.is_set()

    async def start(self, *listeners):
        self.sessions += 1
        self.crash = None
        self.crashed = asyncio.Event()
        self.journal = ProofJournal(self, self.journal.read_back())
        self.here, self._http = begin(self.exchange, self.journal, key=self.key, settings=SETTINGS)
        self.here.said = self.said
        engine = self.here.session.parts.engine
        engine.listen(dict.fromkeys(HEARD, self._hear))
        engine.listen({GateChanged: self._gate_changed})
        for listener in listeners:
            engine.listen(listener)
        engine.wish_to(self._grant)
        began = asyncio.Event()
        self._over = over = asyncio.Event()

        async def front():
            began.set()
            await over.wait()
            return 0

        self._running = self._group.create_task(self.here.session.run(front))
        await began.wait()

    def _hear(self, message):
        if not self.is_dead:
            self.said.append(message)

    def _gate_changed(self, changed):
        halted = changed.state is GateState.HALTED
        now = asyncio.get_running_loop().time()
        if not halted:
            self.halted_at = None
        elif self.halted_at is None:
            self.halted_at = now

    async def stop(self):
        """Leave as a person does: what works is taken back."""
        self._over.set()
        await self._running
        await self._http.close()
        self.here = None

    async def kill(self):
        """End as by SIGKILL: nothing more is written, nothing more is sent."""
        self.die()
        while not self._running.done():
            self._running.cancel()
            await asyncio.sleep(0)
        await self._http.close()
        self.here = None

    def die(self):
        self.crashed.set()

    async def pass_or_die(self, when, kinds):
        if self.crash is not None and self.crash.when == when and self.crash.what in kinds:
            self.die()
        if self.is_dead:
            await asyncio.Event().wait()

    def _at(self, when, what):
        if self.crash == Crash(when, what):
            self.die()
        return self.is_dead

    def _grant(self, wish):
        if self.is_dead:
            return
        if not isinstance(wish, HttpRequest):
            self.here.session.edge.do(wish)
            return
        verb = wish.purpose.partition(":")[0]
        if self._at("before", f"sending {verb}"):
            return
        if wish.method != "GET" and wish.purpose.startswith(CREATES):
            self.granted[f"{wish.purpose} {wish.path} {wish.body}"] += 1
        self.here.session.edge.do(wish)
        self._at("after", f"sending {verb}")

    def _account_told(self, event):
        if isinstance(event, OrderMoved) and event.step is Step.ACCEPTED:
            self._at("after", "the venue accepted")
