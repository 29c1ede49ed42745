"""A desk that shows a fixed evening and remembers what it was asked."""

import msgspec
from tests.pilot.screen_build import MAP_THREE, NOW, FakeReader, evening

from pmterm.messages.accounts import Mode
from pmterm.model.errors import TransportLost
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import MarketStatus
from pmterm.model.units import CASH_ONE, MS, SECOND
from pmterm.views.board import BoardFold
from pmterm.views.watchlist import MarketRow

HOSTILE = "\x1b[31m[bold red]SEN\u202e\u200b[/] 東京 🏆 [link=x]win[/link]"


class FakeClock:
    def __init__(self):
        self.at = NOW
        self.ticks = 100 * SECOND

    def now(self):
        return self.at

    def monotonic(self):
        return self.ticks

    def pass_ms(self, ms):
        self.ticks += ms * MS


class FakePlayer:
    def __init__(self):
        self.pressed = []

    def __getattr__(self, button):
        return lambda *args: self.pressed.append((button, *args))


class FakeDesk:
    def __init__(
        self,
        title="Sentinels to beat Fnatic",
        *,
        is_empty=False,
        mode=Mode.PAPER,
        is_traded=True,
        before=(),
    ):
        self.reader = FakeReader()
        self.fold = BoardFold(self.reader)
        self.sent = []
        self.focused = MAP_THREE if not is_empty else MarketId("")
        self.searches = []
        self.watching = []
        self.blockers = []
        self.changes = {}
        self.asked = []
        self.against = None
        self.player = None
        self.is_down = False
        self.now = NOW
        self.hear(*before)
        if not is_empty:
            evening(self.fold, self.reader, title, mode, is_traded=is_traded)

    def board(self):
        board = self.fold.paint(self.now, self.reader, self.focused)
        return msgspec.structs.replace(board, **self.changes)

    def hear(self, *messages):
        table = self.fold.hears()
        for message in messages:
            table[type(message)](message)

    def focus(self, market):
        self.focused = market

    def send(self, command):
        self.sent.append(command)

    async def find(self, words):
        self.searches.append(words)
        if self.is_down:
            raise TransportLost("kalshi does not answer.", "Check the network.")
        return [
            MarketRow(
                MarketId(f"F{n}"),
                Venue.KALSHI,
                f"{words or 'Active'} {n}",
                "VCT Champions",
                MarketStatus.ACTIVE,
                4000 + 100 * n,
                4200 + 100 * n,
                (9 - n) * 1000 * CASH_ONE,
                0,
            )
            for n in range(5)
        ]

    async def watch(self, market):
        self.watching.append(market)

    def replay(self):
        return self.player

    def objection(self, ticket, instead_of):
        self.asked.append((ticket, instead_of))
        return self.against

    def quit_blockers(self):
        return self.blockers
