"""The limits, as data. Profiles are starting points; the settings may change any number."""

from typing import Final

import msgspec

from pmterm.model.units import CASH_ONE, SECOND, Cash, Ns, Price

MINUTE: Final[Ns] = 60 * SECOND
HOUR: Final[Ns] = 60 * MINUTE


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate enforces. Money in 1e-6 USD, shares in millionths; 0 switches a rule off.

    `max_day_loss_ppm` is of the equity the day began with. `move_ppm` within `move_window` blocks
    a market until a person resumes. `collar_ppm` bounds how far a taker may reach past the touch,
    `passive_collar` how far an order that stands alone may lie from its own side's best price.
    """

    profile: str = "standard"
    max_position: Cash = 1_000 * CASH_ONE
    max_total: Cash = 5_000 * CASH_ONE
    max_day_loss: Cash = 500 * CASH_ONE
    max_day_loss_ppm: int = 0
    losses_in_row: int = 3
    loss_cooldown: Ns = 15 * MINUTE
    market_cooldown: Ns = 5 * SECOND
    max_positions: int = 0
    max_event: Cash = 1_000 * CASH_ONE
    error_window: int = 20
    error_share_ppm: int = 100_000
    error_halt: Ns = 5 * MINUTE
    move_ppm: int = 200_000
    move_window: Ns = 10 * SECOND
    max_spread: Price = 1_000
    max_spread_ratio: int = 10
    max_drawdown_ppm: int = 200_000
    drawdown_window: Ns = HOUR
    collar_ppm: int = 20_000
    passive_collar: Price = 2_000
    min_depth: Cash = 100 * CASH_ONE
    max_orders: int = 10
    order_window: Ns = SECOND
    max_book_age: Ns = 10 * MINUTE


STANDARD: Final = Limits()
CAUTIOUS: Final = Limits(
    profile="cautious",
    max_position=3 * CASH_ONE,
    max_total=75 * CASH_ONE,
    max_day_loss=2 * CASH_ONE,
    loss_cooldown=HOUR,
    market_cooldown=30 * SECOND,
    max_positions=2,
    max_event=3 * CASH_ONE,
)
# Kelly sizes a grinding strategy's own orders; what is a plain number is bounded here.
GRIND: Final = Limits(
    profile="grind",
    max_position=0,
    max_total=0,
    max_day_loss=0,
    max_day_loss_ppm=50_000,
    losses_in_row=5,
    loss_cooldown=HOUR,
    market_cooldown=MINUTE,
    max_event=0,
)
PROFILES: Final[dict[str, Limits]] = {p.profile: p for p in (STANDARD, CAUTIOUS, GRIND)}
