"""What happens to the signals of a market that are being followed, as its book and time go on."""

from typing import Final

from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged
from pmterm.messages.signals import SignalBack, SignalEnded
from pmterm.model.units import SECOND, Ns
from pmterm.trading.signal.watched import Watched

LONGEST_DOUBT: Final[Ns] = SECOND  # two messages of one trade can cross for an instant


def wait(watched: Watched, now: Ns) -> None:
    """Let time pass for the signals being followed, on the book as it stands."""
    quote = watched.tradable
    for follow in watched.follows:
        follow.wait(now, quote)
    watched.follow(watched.follows)


def heard(watched: Watched, at: Ns) -> list[SignalEnded]:
    """The market is heard of: end what was followed for the whole time."""
    wait(watched, at)
    looked = [(follow, follow.heard(at, watched.tradable)) for follow in watched.follows]
    watched.follow([follow for follow, answer in looked if answer is None])
    return [answer for _, answer in looked if answer is not None]


def see(watched: Watched, book: BookChanged) -> list[SignalBack]:
    """Look at a changed book for the signals being followed."""
    looked = [follow.see(book) for follow in watched.follows]
    watched.follow(watched.follows)
    return [answer for answer in looked if answer is not None]


def without_mid(watched: Watched, book: BookChanged) -> None:
    """A book with one side only still has prices; one that crosses for an instant may recover."""
    watched.is_bare = book.is_trusted and not (book.best_bid == NO_BID and book.best_ask == NO_ASK)
    if watched.is_bare:
        watched.quote = book
    elif not watched.doubted_at:
        watched.doubted_at = book.at


def doubted(watched: Watched, now: Ns, at: Ns) -> list[SignalEnded]:
    """A second is over: end what is followed, if the book could not be believed for as long."""
    if watched.tradable is not None:
        watched.doubted_at = 0
        return []
    return _unfollow(watched, at) if now - watched.doubted_at >= LONGEST_DOUBT else []


def _unfollow(watched: Watched, at: Ns) -> list[SignalEnded]:
    """End what was followed without a claim."""
    ended = [follow.lose(at) for follow in watched.follows]
    watched.follow([])
    watched.is_bare, watched.doubted_at = False, 0
    return ended


def lose(watched: Watched, at: Ns) -> list[SignalEnded]:
    """End what was followed without a claim, and forget the prices before the hole."""
    ended = _unfollow(watched, at)
    watched.forget_prices()
    return ended
