"""How much of each limit is used, for the screen."""

from collections.abc import Callable
from typing import Final

import msgspec

from pmterm.model.readings import LimitUse
from pmterm.model.units import PPM, Cash
from pmterm.trading.risk.limits import Limits
from pmterm.trading.risk.wording import dollars

_SETTINGS: Final = {
    "R1": "max_position",
    "R2": "max_total",
    "R3": "max_day_loss",
    "R4": "losses_in_row",
    "R6": "max_positions",
    "R7": "max_event",
}


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What the limits are compared with: worst losses, the day's loss, counts."""

    position: Cash
    event: Cash
    total: Cash
    day_loss: Cash
    day_loss_limit: Cash
    losses_in_row: int
    positions: int


def limit_uses(limits: Limits, usage: Usage) -> list[LimitUse]:
    """Return the limits that are switched on, in the order of their rules."""
    money = (
        ("R1", "position", usage.position, limits.max_position),
        ("R2", "total", usage.total, limits.max_total),
        ("R3", "day loss", usage.day_loss, usage.day_loss_limit),
        ("R7", "event", usage.event, limits.max_event),
    )
    counts = (
        ("R4", "losses in a row", usage.losses_in_row, limits.losses_in_row),
        ("R6", "positions", usage.positions, limits.max_positions),
    )
    uses = [_use(r, n, value, limit, dollars) for r, n, value, limit in money]
    uses += [_use(r, n, value, limit, str) for r, n, value, limit in counts]
    return sorted((use for use in uses if use is not None), key=lambda use: use.rule)


def _use(
    rule: str, name: str, value: int, limit: int, text: Callable[[int], str]
) -> LimitUse | None:
    if limit <= 0:
        return None
    is_tripped = value >= limit and rule in {"R3", "R4"}
    money = (value, limit) if text is dollars else (0, 0)
    share, setting = value * PPM // limit, _SETTINGS[rule]
    return LimitUse(rule, name, text(value), text(limit), share, is_tripped, *money, setting)
