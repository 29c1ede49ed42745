"""Puts the parts of a session together and runs them: the same for paper, live and any test."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from pmterm.compose.control import heed_kill
from pmterm.compose.core import ENDED_NOTE, SETTINGS_NOTE, Core, core, thinking
from pmterm.compose.given import version
from pmterm.compose.kill import NOT_STOPPED
from pmterm.compose.network import Network, build_edge, connects
from pmterm.compose.past import rules_of
from pmterm.compose.recorder import Recorder
from pmterm.compose.trading import (
    Trader,
    accounts_seen,
    check_accounts,
    forbid_creates,
    private,
    sign_ahead,
)
from pmterm.config.settings import Settings
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketSeen
from pmterm.messages.health import Noticed
from pmterm.messages.transport import Reconnect
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.units import SECOND, Ns
from pmterm.runtime.clock import Clock
from pmterm.runtime.hub import Hub, Journal
from pmterm.runtime.live_desk import LiveDesk
from pmterm.runtime.session import WIND_DOWN_S, Edge, Keeper, Private, run_session
from pmterm.runtime.signals import SleepWatch
from pmterm.runtime.supervisor import Worker
from pmterm.views.stopping import held_names

MOST_NAMED = 5  # orders told by name in one sentence
LIVE_WIND_DOWN_S = 3.0  # cancels are followed so long; with the rest of the end, under 5 s


class Ground(msgspec.Struct, frozen=True):
    """What a session stands on: the ways out, time, the journal and what it already tells.

    `recorder` opens the recording of a session by its name; `kill` is the file by which another
    shell forbids orders.
    """

    net: Network
    clock: Clock
    journal: Journal
    told: Sequence[Message]
    recorder: Callable[[str], Recorder | None]
    kill: Path


class Session(msgspec.Struct, frozen=True):
    """The parts of one session, ready to run. `kept` are the markets the journal knew."""

    name: str
    mode: Mode
    parts: Core
    hub: Hub
    edge: Edge
    desk: LiveDesk
    kept: dict[MarketId, Market]
    recorder: Recorder | None
    clock: Clock
    owner: Trader | None
    orders: Private | None

    def begin(
        self,
        settings: Settings,
        before: Sequence[Message] = (),
        records: Callable[[Ns], Sequence[Message]] = lambda _: (),
    ) -> None:
        """Put the session's beginning in line, before anything that happened in it.

        `records` tells what is known at that time of strategies and counts as input.
        """
        at = before[0].at - SECOND if before else self.clock.stamp()
        if self.recorder is not None:
            self.recorder.note(at, SETTINGS_NOTE, thinking(settings))
        cash = settings.cash if self.mode is Mode.PAPER else 0
        rules = rules_of(settings)
        self.hub.put(SessionStarted(at, self.name, self.mode, version(), cash, rules))
        for record in records(at):
            self.hub.put(record)
        if self.owner is not None:
            for seen in accounts_seen(self.owner.names, at):
                self.hub.put(seen)

    async def run(
        self,
        front: Callable[[], Awaitable[int]],
        *,
        keeper: Keeper | None = None,
        beside: Sequence[Worker] = (),
    ) -> int:
        """Run until the front returns, cancel what works, and return the front's exit code.

        Where that is 0 though a cancel is not proven, it is that of a kill which is not.
        `beside` are workers that last to the very end.
        """
        is_live = self.orders is not None
        closing: set[MarketId] = set()

        async def shown() -> int:
            try:
                return await front()
            finally:  # the cancels of the end give up what is being sold
                closing.update(one.market for one in self.parts.reader.unclosed())

        lasting = [*beside, self.orders.requests] if self.orders is not None else [*beside]
        code = await run_session(
            self.hub,
            self.edge,
            shown,
            self.clock,
            keeper=keeper,
            open_orders=lambda: len(self.desk.quit_blockers()),
            beside=[SleepWatch(partial(_reconnect, self.edge, self.clock), self.clock)],
            lasting=lasting,
            wind_down_s=LIVE_WIND_DOWN_S if is_live else WIND_DOWN_S,
        )
        if self.recorder is not None:
            self.recorder.note(self.parts.engine.at, ENDED_NOTE)
        if left := self.desk.quit_blockers():
            self.parts.engine.announce(Noticed(self.clock.stamp(), _unproven(left)))
            code = code or NOT_STOPPED
        if held := held_names(self.desk.board(), closing):
            told = f"still held of what was to be sold: {_first(held)}. Nothing sells it now"
            self.parts.engine.announce(Noticed(self.clock.stamp(), told))
        return code


def _unproven(orders: Sequence[str]) -> str:
    """Say of which orders nobody knows whether they still work, and what to do."""
    return (
        f"not proven cancelled, may still work: {_first(orders)}."
        " `pmterm kill` cancels at the venue; the next start shows what became of them"
    )


def _first(names: Sequence[str]) -> str:
    """Write the first of some names, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def assemble(settings: Settings, ground: Ground, owner: Trader | None = None) -> Session:
    """Fold what was before, and put the parts together; with an `owner` real money trades.

    Raises:
        CredentialsWrong: the journal is about another account.
    """
    net, clock = ground.net, ground.clock
    parts = core(settings, owner.wings if owner is not None else None)
    if owner is not None:
        check_accounts(owner.names, ground.told)
    kept = _recall(parts, ground.told)
    mode = Mode.PAPER if owner is None else Mode.LIVE
    name = session_name(clock.stamp(), ground.told, mode, clock.chance.getrandbits(20))
    recorder = ground.recorder(name)
    hub = Hub(parts.engine, clock, journal=ground.journal, recorder=recorder)
    orders = None
    if owner is not None:
        orders = private(owner, settings, net, hub, clock)
        sign_ahead(owner.proofs, parts, clock)
        forbid_creates(net, parts, hub, ground.kill, lambda: heed_kill(ground.kill, hub, clock))
    edge = build_edge(net, parts, hub, clock, orders)
    parts.engine.wish_to(edge.do)
    desk = LiveDesk(
        hub,
        fold=parts.fold,
        reader=parts.reader,
        executor=parts.executor,
        finder=net.finder,
        now=clock.now,
        stamp=clock.stamp,
        connect=connects(net, edge),
    )
    return Session(name, mode, parts, hub, edge, desk, kept, recorder, clock, owner, orders)


def _reconnect(edge: Edge, clock: Clock, stood_s: int) -> None:
    """Start every stream afresh: what is in the sockets is from before we stood still."""
    for venue in Venue:
        for is_user in (False, True):
            why = f"pmterm stood still for {stood_s} s"
            edge.do(Reconnect(clock.stamp(), venue, why, is_user=is_user))


def session_name(at: Ns, told: Sequence[Message], mode: Mode = Mode.PAPER, mark: int = 0) -> str:
    """Name a session by its second, or the next that none in the journal is named by.

    Order ids begin with it, so it must be new even where the computer's clock was set back. Live
    ids are known to a venue for ever (Kalshi's `client_order_id`), also those of another computer:
    `mark`, drawn by chance, tells them apart.
    """
    taken = {message.session for message in told if isinstance(message, SessionStarted)}
    second = at // SECOND
    end = f"-{mark:05x}" if mode is Mode.LIVE else ""
    while (name := f"{mode.value}-{second}{end}") in taken:
        second += 1
    return name


def _recall(parts: Core, journal: Sequence[Message]) -> dict[MarketId, Market]:
    """Fold earlier sessions into every part; return the markets they knew."""
    recalls = parts.fold.recalls()
    kept: dict[MarketId, Market] = {}
    for message in journal:
        parts.engine.recall(message)
        handler = recalls.get(type(message))
        if handler is not None:
            handler(message)
        if isinstance(message, MarketSeen):
            kept[message.market.id] = message.market
    return kept
