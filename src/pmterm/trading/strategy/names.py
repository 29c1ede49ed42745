"""Names of the orders and suggestions that no person typed."""

from pmterm.messages.accounts import SessionStarted
from pmterm.messages.orders import Intent
from pmterm.messages.strategy import Suggested
from pmterm.model.ids import OrderId


class Names:
    """Counts on from the journal, so that no name is ever given twice."""

    def __init__(self) -> None:
        self._session = "s"
        self._orders = 0
        self._suggestions = 0

    def start(self, session: SessionStarted) -> None:
        """Begin a session's names."""
        self._session = session.session
        self._orders = self._suggestions = 0

    def note(self, intent: Intent) -> None:
        """Count an order of ours."""
        if intent.order.startswith(f"{self._session}-x"):
            self._orders += 1

    def note_suggestion(self, suggested: Suggested) -> None:
        """Count a suggestion."""
        if suggested.id.startswith(f"{self._session}-t"):
            self._suggestions += 1

    def order(self) -> OrderId:
        """Return the next order's name; noting its intent takes it."""
        return OrderId(f"{self._session}-x{self._orders + 1:04d}")

    def suggestion(self) -> str:
        """Return the next suggestion's name; noting it takes it."""
        return f"{self._session}-t{self._suggestions + 1}"
