"""All the screen may ask for, as a Protocol."""

from typing import Protocol

from pmterm.messages.base import Message
from pmterm.messages.commands import SubmitTicket
from pmterm.messages.orders import Refused
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.units import Ns
from pmterm.views.board import Board
from pmterm.views.watchlist import MarketRow


class Clock(Protocol):
    """Where the screen takes time from; a test holds it."""

    def now(self) -> Ns:
        """Unix time."""
        ...

    def monotonic(self) -> Ns:
        """Time that never steps."""
        ...


class ReplayControl(Protocol):
    """The buttons of a player."""

    def pause(self) -> None:
        """Hold."""
        ...

    def resume(self) -> None:
        """Go on."""
        ...

    def faster(self) -> None:
        """Next speed up."""
        ...

    def slower(self) -> None:
        """Next speed down."""
        ...

    def step(self) -> None:
        """Take one input, while paused."""
        ...

    def seek(self, seconds: float) -> None:
        """Go that far into the recording."""
        ...


class Desk(Protocol):
    """What stands behind the screen."""

    def board(self) -> Board:
        """Everything to show, now."""
        ...

    def focus(self, market: MarketId) -> None:
        """Show this watched market from now on."""
        ...

    def send(self, command: Message) -> None:
        """Hand over a command built with `at` 0; the desk stamps it."""
        ...

    async def find(self, words: str) -> list[MarketRow]:
        """Search open markets; empty words: the most active. Raises PmtermError."""
        ...

    async def watch(self, market: MarketId) -> None:
        """Follow a market a search found. Raises PmtermError."""
        ...

    def replay(self) -> ReplayControl | None:
        """The player, if this is a replay."""
        ...

    def objection(self, ticket: SubmitTicket, instead_of: OrderId) -> Refused | None:
        """What would be said against a ticket if an order of ours were gone, None if nothing."""
        ...

    def quit_blockers(self) -> list[str]:
        """What would be left behind by quitting: open orders, in words."""
        ...
