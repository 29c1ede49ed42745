"""Feeds, delays, limits and the halt: can I trust this, and can I trade."""

import msgspec

from pmterm.model.ids import Venue
from pmterm.model.market import Market
from pmterm.model.order import GateState
from pmterm.model.readings import BookHealth, LimitUse
from pmterm.model.units import Ns
from pmterm.views.figures import qty_text
from pmterm.views.live import LiveView


class FeedLamp(msgspec.Struct, frozen=True):
    """One venue's stream. `age` is -1 before the first word of it."""

    venue: Venue
    is_up: bool
    age: Ns
    is_trusted: bool
    reason: str = ""


class LogRow(msgspec.Struct, frozen=True):
    """Something that happened, for the log; `severity` is information, warning or error."""

    at: Ns
    severity: str
    text: str


class HealthView(msgspec.Struct, frozen=True):
    """The focused book's health, the limits, and what went wrong lately.

    `limits` are those that count, `changeable` also those that are off.
    """

    book: BookHealth = BookHealth()
    limits: tuple[LimitUse, ...] = ()
    changeable: tuple[LimitUse, ...] = ()
    surprises: int = 0
    waiting: int = 0
    behind_ms: int = 0
    log: tuple[LogRow, ...] = ()
    obstacles: tuple[str, ...] = ()


def obstacles(
    gate: GateState, reason: str, lamp: FeedLamp | None, book: BookHealth, limits: list[LimitUse]
) -> tuple[str, ...]:
    """List why an order might not go through now, worst first; empty when all is well."""
    found: list[str] = []
    if gate is GateState.HALTED:
        found.append(f"halted: {reason}" if reason else "halted")
    elif gate is GateState.REDUCING:
        found.append(f"reducing only: {reason}" if reason else "reducing only")
    if lamp is not None and not lamp.is_up:
        found.append(
            f"{lamp.venue} is down: {lamp.reason}" if lamp.reason else f"{lamp.venue} down"
        )
    if not book.is_trusted:
        found.append(f"book not trusted: {book.reason}")
    found.extend(
        f"{use.rule} {use.name}: {use.value} of {use.limit}" for use in limits if use.is_tripped
    )
    return tuple(found)


def live_obstacles(live: LiveView, market: Market, at: Ns) -> tuple[str, ...]:
    """List why a live order in this market would not go through, besides `obstacles`."""
    venue = live.venue(market.venue)
    found = [f"{venue.venue} not ready: {each}" for each in venue.missing]
    if not venue.is_told:
        found.append(f"{venue.venue} not ready: nothing heard of our account yet")
    if venue.post_only:
        found.append(f"{venue.venue} takes only orders that rest (post only)")
    if not live.arming.passes(market.id, at):
        why = "armed in another market" if live.arming.is_on(at) else live.arming.why_not(at)
        found.append(f"disarmed{f' ({why})' if why else ''}: press a")
    found.extend(
        f"holding differs, must not grow: ours {qty_text(each.ours)},"
        f" the venue's {qty_text(each.theirs)}"
        for each in live.differences
        if each.market == market.id
    )
    return tuple(found)
