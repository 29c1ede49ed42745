"""What stands behind the screen of a live session; satisfies `tui.desk.Desk`."""

from collections.abc import Callable

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.commands import SubmitTicket
from pmterm.messages.orders import Refused
from pmterm.model.errors import MarketUnknown
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.market import Market
from pmterm.model.units import Ns
from pmterm.runtime.finder import Finder
from pmterm.runtime.hub import Hub, Watching
from pmterm.trading.execution.executor import Executor
from pmterm.views.board import Board, BoardFold, BoardReader
from pmterm.views.stopping import order_name
from pmterm.views.watchlist import MarketRow, market_row


class LiveDesk:
    """Stamps what the trader asks for and puts it in line behind what has already arrived."""

    def __init__(
        self,
        hub: Hub,
        *,
        fold: BoardFold,
        reader: BoardReader,
        executor: Executor,
        finder: Finder,
        now: Callable[[], Ns],
        stamp: Callable[[], Ns],
        connect: Callable[[Venue], None] = lambda _: None,
    ) -> None:
        self._hub = hub
        self._fold = fold
        self._reader = reader
        self._executor = executor
        self._finder = finder
        self._now = now
        self._stamp = stamp
        self._connect = connect
        self._focus = MarketId("")
        self._watched: set[MarketId] = set()

    def board(self) -> Board:
        """Paint everything to show, now."""
        return self._fold.paint(self._now(), self._reader, self._focus)

    def focus(self, market: MarketId) -> None:
        """Show this watched market from now on."""
        self._focus = market

    def send(self, command: Message) -> None:
        """Stamp a command and put it in line."""
        self._hub.put(msgspec.structs.replace(command, at=self._stamp()))

    async def find(self, words: str) -> list[MarketRow]:
        """Search open markets; empty words: the most active."""
        found = await self._finder.find(words)
        return [market_row(market, is_watched=market.id in self._watched) for market in found]

    async def watch(self, market: MarketId) -> None:
        """Follow a market, looked up first if no search has found it."""
        known = self._finder.known(market)
        if known is None:
            found = await self._finder.lookup(market)
            known = next((other for other in found if other.id == market), None)
        if known is None:
            raise MarketUnknown(f"{market} is not among what the venue answered.")
        if market in self._watched:
            return
        self.follow(known, self._finder.metadata(known))

    def follow(self, market: Market, words: dict[str, object], since: Ns = 0) -> None:
        """Follow a market that is known, `words` being its metadata for the recording.

        `since`: from that time on, where inputs from before now are to come. 0: from now.

        Raises:
            CredentialsWrong: its venue's stream needs a key, and there is none.
        """
        self._connect(market.venue)
        self._watched.add(market.id)
        self._hub.put(Watching(since or self._stamp(), market, words))
        if not self._focus:
            self._focus = market.id

    def replay(self) -> None:
        """No player: this is live."""
        return

    def objection(self, ticket: SubmitTicket, instead_of: OrderId) -> Refused | None:
        """Ask the gate what it would say against a ticket if an order of ours were gone."""
        asked = msgspec.structs.replace(ticket, at=self._now())
        return self._reader.objection(asked, instead_of)

    def quit_blockers(self) -> list[str]:
        """Name the working orders that quitting would cancel."""
        return [
            order_name(
                order.side,
                order.qty - order.filled,
                order.price,
                self._fold.market(order.market),
                order.market,
            )
            for order in self._executor.orders()
            if not order.state.is_final and not order.is_foreign
        ]
