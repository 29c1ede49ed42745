"""How much of each limit is used, for the screen."""

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.readings import LimitUse
from pmterm.model.units import PPM, Cash
from pmterm.trading.risk.exposure import Exposure
from pmterm.trading.risk.limits import Limits
from pmterm.trading.risk.watch import Watch
from pmterm.trading.risk.wording import dollars


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What the limits are compared with: worst losses, the day's loss, counts.

    `start_equity` is what the day began with, 1e-6 USD; 0: not known yet.
    """

    position: Cash
    event: Cash
    total: Cash
    day_loss: Cash
    start_equity: Cash
    losses_in_row: int
    positions: int


def usage_in(market: MarketId, exposure: Exposure, watch: Watch) -> Usage:
    """Return what the limits that apply in a market are compared with now."""
    return Usage(
        position=exposure.worst(market),
        event=exposure.event(market),
        total=exposure.total(),
        day_loss=watch.day_loss(),
        start_equity=watch.losses.start_equity,
        losses_in_row=watch.losses.in_row,
        positions=len(exposure.positions()),
    )


def limit_uses(limits: Limits, usage: Usage) -> list[LimitUse]:
    """Return every limit that a person can change, in the order of their rules.

    Of the two of a day's loss only the tighter counts.
    """
    share = usage.start_equity * limits.max_day_loss_ppm // PPM
    day_loss = min((x for x in (limits.max_day_loss, share) if x > 0), default=0)
    in_money = 0 < limits.max_day_loss == day_loss
    uses = [
        _money("R1", "position", "max_position", usage.position, limits.max_position),
        _money("R2", "total", "max_total", usage.total, limits.max_total),
        _money("R3", "day loss", "max_day_loss", usage.day_loss, limits.max_day_loss),
        _money("R3", "day loss %", "max_day_loss_ppm", usage.day_loss, share),
        _count("R4", "losses in a row", "losses_in_row", usage.losses_in_row, limits.losses_in_row),
        _count("R6", "positions", "max_positions", usage.positions, limits.max_positions),
        _money("R7", "event", "max_event", usage.event, limits.max_event),
    ]
    looser = "max_day_loss_ppm" if in_money else "max_day_loss"
    return [
        msgspec.structs.replace(
            use,
            amount=getattr(limits, use.setting),
            counts=use.counts and use.setting != looser,
        )
        for use in uses
    ]


def _money(rule: str, name: str, setting: str, used: Cash, most: Cash) -> LimitUse:
    use = LimitUse(rule, name, dollars(used), dollars(most), 0, setting=setting)
    if most > 0:
        use = msgspec.structs.replace(use, used=used, most=most)
    return _against(use, used, most)


def _count(rule: str, name: str, setting: str, used: int, most: int) -> LimitUse:
    return _against(LimitUse(rule, name, str(used), str(most), 0, setting=setting), used, most)


def _against(use: LimitUse, used: int, most: int) -> LimitUse:
    if most <= 0:
        return msgspec.structs.replace(use, limit="off", counts=False)
    is_tripped = used >= most and use.rule in {"R3", "R4"}
    return msgspec.structs.replace(use, used_ppm=used * PPM // most, is_tripped=is_tripped)
