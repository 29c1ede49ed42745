"""Who asked for an order, and which signal it acts on: worked out from the journal."""

from typing import Final

from pmterm.messages.accounts import SessionStarted
from pmterm.messages.orders import Intent, OrderAdopted
from pmterm.messages.signals import SignalEnded, SignalSeen
from pmterm.messages.strategy import Suggested, acted_by
from pmterm.model.ids import MarketId, OrderId
from pmterm.trading.strategy.strategies import STRATEGIES

BY_HAND: Final = "by hand"
ELSEWHERE: Final = "not by pmterm"  # the web site, or another program on the account
TAKEN: Final = "taken "  # how the origin of an order begins that a person took from a suggestion

# Signals count anew in every session.
SignalKey = tuple[str, str]
NO_SIGNAL: Final[SignalKey] = ("", "")


class Asked:
    """Remembers the origin of orders, the signals before them, and what became of those."""

    def __init__(self) -> None:
        self.kinds: dict[SignalKey, str] = {}
        self.ended: dict[SignalKey, SignalEnded] = {}
        self._session = ""
        self._strategies: dict[OrderId, tuple[str, SignalKey]] = {}
        self._last: dict[tuple[MarketId, str], SignalKey] = {}
        self._suggested: dict[tuple[MarketId, str], SignalKey] = {}

    def started(self, session: SessionStarted) -> None:
        """Begin another session: what was seen in the last one is acted on no more."""
        self._session = session.session
        self._last.clear()
        self._suggested.clear()

    def signal_seen(self, signal: SignalSeen) -> None:
        """Remember a signal."""
        key = (self._session, signal.id)
        self.kinds[key] = signal.kind
        self._last[signal.market, signal.kind] = key

    def signal_ended(self, ended: SignalEnded) -> None:
        """Remember what became of a signal."""
        self.ended[self._session, ended.id] = ended

    def suggested(self, wish: Suggested) -> None:
        """Remember what a strategy would act on."""
        self._suggested[wish.market, wish.strategy] = (self._session, wish.signal)

    def intended(self, intent: Intent) -> None:
        """Remember who asked for an order; a strategy acts on the latest signal of its kind."""
        order = intent.replaces or intent.order
        if order in self._strategies:
            return
        acting = acted_by(intent.origin)
        if acting:
            kind = STRATEGIES[acting].kind if acting in STRATEGIES else ""
            self._strategies[order] = (acting, self._last.get((intent.market, kind), NO_SIGNAL))
        elif intent.origin.startswith(TAKEN):
            name = intent.origin.removeprefix(TAKEN)
            self._strategies[order] = (
                name,
                self._suggested.get((intent.market, name), NO_SIGNAL),
            )
        else:
            self._strategies[order] = (BY_HAND, NO_SIGNAL)

    def adopted(self, adopted: OrderAdopted) -> None:
        """Remember an order that came from elsewhere."""
        self._strategies.setdefault(
            adopted.order, (BY_HAND if adopted.is_ours else ELSEWHERE, NO_SIGNAL)
        )

    def of(self, order: OrderId) -> tuple[str, SignalKey]:
        """Return whose order it is and the signal it acts on."""
        return self._strategies.get(order, (ELSEWHERE, NO_SIGNAL))
