"""The state of a real account in words: ready or not, compared, dead-man, line; and latencies."""

from pmterm.model.ids import Venue
from pmterm.model.text import counted
from pmterm.model.units import MS, SECOND, Ns
from pmterm.views.figures import age_text, cash_text
from pmterm.views.live import Counts, VenueView

SKEW_WARNS: Ns = 2 * SECOND
COMPARED_WITHIN: Ns = 90 * SECOND  # due every minute at most: older, and rounds have broken off


def ready_words(venue: VenueView, at: Ns) -> str:
    """Say whether orders may be made there, or what is missing; and the cash by its last word."""
    age = age_text(at - venue.cash_at)
    cash = f"  cash {cash_text(venue.cash)} {age} ago" if venue.cash >= 0 else ""
    if not venue.is_told:
        return f"not ready: nothing heard yet{cash}"
    if venue.missing:
        return f"NOT READY: {', '.join(venue.missing)}{cash}"
    return f"ready{', post only' if venue.post_only else ''}{cash}"


def compared_words(venue: VenueView, at: Ns) -> str:
    """Say when our orders, fills, holdings and cash were last compared, and what differed."""
    if not venue.reconciled_at:
        return "never compared with the venue"
    ago = age_text(at - venue.reconciled_at)
    differ = f"{venue.differences} differ" if venue.differences else "agrees"
    return f"compared {ago} ago ({venue.cause}) {differ}, {venue.took_ms} ms"


def is_overdue(venue: VenueView, at: Ns) -> bool:
    """Whether comparing has failed so long that fills and ends may be unknown here."""
    return venue.reconciled_at > 0 and at - venue.reconciled_at > COMPARED_WITHIN


def has_dead_man(venue: Venue) -> bool:
    """Tell whether a venue can cancel our orders when it hears no more of us; Kalshi cannot."""
    return venue is not Venue.KALSHI


def beat_words(venue: VenueView, at: Ns) -> str:
    """Say how the dead-man stands, briefly."""
    if not venue.beat_at:
        return "dead-man not confirmed" if has_dead_man(venue.venue) else "no dead-man"
    left = venue.beat_until - at
    if left <= 0:
        return f"DEAD-MAN RAN OUT {age_text(-left)} ago"
    return f"dead-man {age_text(at - venue.beat_at)} ago, fires in {age_text(left)}"


def link_words(venue: VenueView) -> str:
    """Say how far our clock is off, and how the calls went."""
    if not venue.is_linked:
        return "clock not compared"
    slowed = f", {venue.limited} limited" if venue.limited else ""
    failed = f", {venue.failed} failed" if venue.failed else ""
    calls = f"{counted(venue.calls, 'call')}{slowed}{failed}"
    return f"clock {span_words(venue.skew, signed=True)}, {calls}"


def is_alarming(venue: VenueView, at: Ns) -> bool:
    """Whether something about the line, the dead-man or the comparing should be seen."""
    ran_out = venue.beat_at > 0 and venue.beat_until <= at
    return ran_out or abs(venue.skew) > SKEW_WARNS or is_overdue(venue, at)


def counts_words(counts: Counts) -> str:
    """Say what was refused and what was not known, in this session."""
    return (
        f"refused {counts.by_gate} by the gate, {counts.by_venue} by venues;"
        f" {counts.unknown} unknown"
    )


def span_words(span: Ns, *, signed: bool = False) -> str:
    """Write a short span: 0.4 ms, 3 ms, 143 ms, 2.1 s."""
    size = abs(span)
    sign = "-" if span < 0 else "+" if signed and span else ""
    if size >= 1_000 * MS:
        tenths = (size + 50 * MS) // (100 * MS)
        return f"{sign}{tenths // 10}.{tenths % 10} s"
    if size >= 10 * MS or size % MS == 0:
        return f"{sign}{(size + MS // 2) // MS} ms"
    tenths = (size + MS // 20) // (MS // 10)
    return f"{sign}{tenths // 10}.{tenths % 10} ms"
