"""The plan that works a ticket by its size."""

from pmterm.messages.commands import SubmitTicket
from pmterm.messages.orders import PlanStarted
from pmterm.model.market import Market
from pmterm.model.routing import EVERY, RESTS_FOR, Route, slices_of


def planned(ticket: SubmitTicket, market: Market, route: Route, name: str) -> PlanStarted:
    """Return the plan that works a ticket."""
    rests = route is Route.RESTS
    return PlanStarted(
        ticket.at,
        name,
        market.id,
        ticket.side,
        ticket.qty,
        slices=1 if rests else slices_of(market, ticket.qty),
        every=0 if rests else EVERY,
        lasts=RESTS_FOR if rests else 0,
        origin=ticket.origin,
        reduce_only=ticket.reduce_only,
        confirmed=ticket.confirmed,
        bracket=ticket.bracket,
    )
