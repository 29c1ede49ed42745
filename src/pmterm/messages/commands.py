"""What the trader asks for. A key, a click and a strategy enter as the same kind of message."""

from pmterm.messages.base import Message
from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import SetExits, SetMode, TagGame, TakeSuggestion
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import Cash, Ns, Price, Qty


class SubmitTicket(Message, frozen=True):
    """Place an order. `price` 0: at market, a marketable limit within the slippage cap (IOC).

    `origin` says where it came from: "key", "ticket", "armed key", "panic", later a strategy.
    `expires_at` (Unix ns) goes with GTD. `confirmed`: the person said yes to what the gate asked.
    `route` "auto": how it is worked follows from its size (`model/routing.py`), "": as it is.
    `bracket`: exits that guard what fills of it; worked in slices, each slice sets them anew.
    """

    market: MarketId
    side: Side
    qty: Qty
    price: Price = 0
    tif: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    origin: str = "ticket"
    expires_at: Ns = 0
    confirmed: bool = False
    route: str = ""
    bracket: Bracket | None = None


class AmendTicket(Message, frozen=True):
    """Change a working order's price or total size. A smaller size keeps its place in line."""

    order: OrderId
    price: Price
    qty: Qty
    confirmed: bool = False


class CancelOrder(Message, frozen=True):
    """Take one order back."""

    order: OrderId


class CancelMarket(Message, frozen=True):
    """Take all our orders in one market back; what was ordered elsewhere stays."""

    market: MarketId


class CancelAll(Message, frozen=True):
    """Take all our orders back, everywhere; what was ordered elsewhere stays."""


class ClosePosition(Message, frozen=True):
    """Sell what we hold in one market (or buy back), at market."""

    market: MarketId


class CloseAll(Message, frozen=True):
    """Close every position at market."""


class Panic(Message, frozen=True):
    """Cancel everything, close everything, then let only reducing orders through.

    `foreign`: cancel also what was ordered elsewhere (by the web site, by another program).
    """

    foreign: bool = False


class Halt(Message, frozen=True):
    """Let no new order through; cancel what works. `foreign` as in `Panic`."""

    reason: str = "halted by hand"
    foreign: bool = False


class Reduce(Message, frozen=True):
    """Let only orders through that make a position smaller."""

    reason: str = "by hand"


class Resume(Message, frozen=True):
    """Let orders through again; a person asked for it."""


class Arm(Message, frozen=True):
    """Let live orders through in one market for `seconds`; a person typed the word for it.

    `max_cash` caps what one order may cost while armed (1e-6 USD), 0: the gate's own limits only.
    """

    market: MarketId
    seconds: int
    max_cash: Cash = 0


class Disarm(Message, frozen=True):
    """Let no live order through any more until armed again. Never refused."""

    reason: str = "by hand"


class AcceptVenue(Message, frozen=True):
    """Take the venue's word for what is held in a market, where ours differs; a person said so."""

    market: MarketId


class ChangeLimit(Message, frozen=True):
    """Change a limit of the gate, named as in the settings, 0: off. A looser one is `confirmed`.

    `value` is money in 1e-6 USD, or a count.
    """

    name: str
    value: int
    confirmed: bool = False


Command = (
    SubmitTicket
    | AmendTicket
    | CancelOrder
    | CancelMarket
    | CancelAll
    | ClosePosition
    | CloseAll
    | Panic
    | Halt
    | Reduce
    | Resume
    | Arm
    | Disarm
    | AcceptVenue
    | SetMode
    | SetExits
    | TakeSuggestion
    | TagGame
    | ChangeLimit
)
