"""The demo's evening up to a minute in, with a position on: by the real engine, without a clock."""

import msgspec

from pmterm.compose.core import core
from pmterm.config.settings import Settings
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.commands import SubmitTicket
from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import SECOND
from pmterm.sim.history import history
from pmterm.sim.scenario import Scenario
from pmterm.trading.signal.rules import SignalSettings
from pmterm.views.board import Board

NOW = 1_790_000_000 * SECOND
BEFORE = 180 * SECOND
SHOWN = 62 * SECOND
BOUGHT = 36 * SECOND


class Evening:
    """A desk whose board stands still at one instant of the demo."""

    def __init__(self, seed=1):
        settings = msgspec.structs.replace(Settings(), signals=SignalSettings(min_baseline_s=120))
        self.parts = core(settings)
        self.scenario = Scenario(seed, NOW, pre_roll=BEFORE)
        self.market = self.scenario.listings[0].market
        self._play()

    def _take(self, event):
        for _ in self.parts.engine.take(event):
            pass

    def _play(self):
        begins = self.scenario.started_at
        self._take(SessionStarted(begins, "paper-1", Mode.PAPER, "0.1.0", Settings().cash))
        for listing in self.scenario.listings:
            for _ in self.parts.engine.watch(listing.market, begins):
                pass
        orders = [
            SubmitTicket(NOW + BOUGHT, self.market.id, Side.BUY, 50_000_000, origin="armed key"),
            SubmitTicket(NOW + BOUGHT + 8 * SECOND, self.market.id, Side.BUY, 25_000_000, 5_000),
        ]
        for event in history(self.scenario, begins, NOW + SHOWN):
            while orders and orders[0].at <= event.at:
                self._take(orders.pop(0))
            self._take(event)

    def board(self) -> Board:
        return self.parts.fold.paint(NOW + SHOWN, self.parts.reader, self.market.id)

    def focus(self, market: MarketId) -> None:
        raise AssertionError("a still picture")

    def send(self, command) -> None:
        raise AssertionError("a still picture")

    async def find(self, words):
        return []

    async def watch(self, market) -> None:
        raise AssertionError("a still picture")

    def replay(self) -> None:
        return None

    def objection(self, ticket, instead_of) -> None:
        return None

    def quit_blockers(self) -> list[str]:
        return []


class StillClock:
    def now(self):
        return NOW + SHOWN

    def monotonic(self):
        return 1_000 * SECOND
