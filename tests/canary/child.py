"""`pmterm` with all of its log on, and broken on purpose where PMTERM_TEST_BREAK says so.

What breaks does so where secrets are at hand: in the variables of the functions on the way.
"""

import logging
import os
import sys

from pmterm.cli.program import main
from pmterm.runtime.log import log_to


class BrokenOnPurposeError(Exception):
    """No error of ours, as of a bug."""


def _break(*_, **__):
    raise BrokenOnPurposeError("broken on purpose")


def break_there(where: str) -> None:
    """Have a part raise what nobody expects."""
    if where == "proof":
        from pmterm.venues.polymarket import auth, proof

        auth.key_headers = proof.key_headers = _break
    elif where == "signing":
        from pmterm.venues.polymarket.orders import PolymarketOrders

        PolymarketOrders.place = _break
    elif where == "greeting":
        from pmterm.runtime.feed_worker import FeedWorker

        passes = FeedWorker.send_soon

        def send(self, text):
            if '"auth"' in text:
                _break(text)
            passes(self, text)

        FeedWorker.send_soon = send


if __name__ == "__main__":
    log_to.__wrapped__.__defaults__ = (logging.DEBUG,)
    break_there(os.environ.pop("PMTERM_TEST_BREAK", ""))
    sys.argv[0] = "pmterm"
    main()
