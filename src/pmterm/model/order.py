"""What an order is: side, kind, time in force, states."""

from enum import StrEnum


class Side(StrEnum):
    """Which way, on the YES scale: buying NO at `p` is selling YES at `1 - p`."""

    BUY = "buy"
    SELL = "sell"

    @property
    def other(self) -> "Side":
        """The opposite side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class TimeInForce(StrEnum):
    """How long an order stands."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    GTD = "gtd"

    @property
    def rests(self) -> bool:
        """Whether what does not trade at once stays in the book."""
        return self in {TimeInForce.GTC, TimeInForce.GTD}


class OrderState(StrEnum):
    """Where in its life an order stands. The table of moves is `execution/lifecycle.py`."""

    RESERVED = "reserved"
    JOURNALED = "journaled"
    SENT = "sent"
    OPEN = "open"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    CANCEL_UNKNOWN = "cancel_unknown"

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self in _FINAL


_FINAL = frozenset(
    {OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REFUSED}
)


class FillState(StrEnum):
    """How far the settlement of a fill has come. Only what is CONFIRMED can be sold again.

    Polymarket settles on chain; Kalshi's fills are confirmed at once. A FAILED fill never was.
    """

    MATCHED = "matched"
    MINED = "mined"
    CONFIRMED = "confirmed"
    RETRYING = "retrying"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the fill."""
        return self in {FillState.CONFIRMED, FillState.FAILED}


class GateState(StrEnum):
    """What the risk gate lets through."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"
