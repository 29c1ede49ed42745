"""What goes wrong, and how often: rules for the exchange, by the name they are counted under."""

from pmterm.model.ids import Venue
from pmterm.sim.fault_script import Do, Rule

PLACE = {Venue.POLYMARKET: "POST /clob/order*", Venue.KALSHI: "POST /trade-api/*/events/orders*"}
CANCEL = {Venue.POLYMARKET: "DELETE /clob/*", Venue.KALSHI: "DELETE /trade-api/*/orders*"}
AMEND = "POST /trade-api/*/amend"
READ = {Venue.POLYMARKET: "GET /clob/*", Venue.KALSHI: "GET /trade-api/*/portfolio/*"}
DOWN = '{"error":"could not run the execution"}'
ANSWERS = (
    (Do.DROP_REPLY, 5),
    (Do.RESET_BEFORE, 3),
    (Do.RESET_AFTER, 5),
    (Do.STATUS_AFTER, 4),
    (Do.REFUSE, 3),
    (Do.TRUNCATE, 2),
    (Do.HTML, 2),
    (Do.NOT_JSON, 2),
    (Do.EMPTY_ID, 2),
    (Do.EVENT_FIRST, 4),
    (Do.DELAY_REPLY, 4),
    (Do.DELAY, 2),
    (Do.TOO_MANY, 1),
)
STREAMS = (
    (Do.DROP_STREAMS, 4),
    (Do.STALL, 2),
    (Do.HOLD, 3),
    (Do.GAP, 2),
    (Do.DUPLICATE, 3),
    (Do.REORDER, 3),
    (Do.RESTART, 1),
    (Do.FAIL_TRADES, 4),
    (Do.PAUSE_TRADING, 1),
)
AT_ORDERS = frozenset({Do.EMPTY_ID, Do.EVENT_FIRST})
POLYMARKET_ONLY = frozenset({Do.FAIL_TRADES})
KALSHI_ONLY = frozenset({Do.PAUSE_TRADING})


def pick(chance, table):
    return chance.choices([do for do, _ in table], [weight for _, weight in table])[0]


WORDS = {
    Do.STATUS_AFTER: {"status": [500, 502, 503, 504], "body": [DOWN]},
    Do.REFUSE: {"status": [500, 503, 400], "body": [DOWN]},
    Do.TRUNCATE: {"bytes": list(range(60))},
    Do.DELAY_REPLY: {"seconds": [0.3, 2.0, 9.0, 14.0]},
    Do.DELAY: {"seconds": [0.3, 2.0, 9.0, 14.0]},
    Do.TOO_MANY: {"retry_after_s": [1, 5]},
    Do.STALL: {"seconds": [0.5, 3.0, 20.0]},
    Do.HOLD: {"seconds": [0.5, 3.0, 20.0]},
    Do.GAP: {"frames": [1, 2, 4]},
    Do.DUPLICATE: {"frames": [1, 2, 4]},
    Do.REORDER: {"frames": [1, 2, 4]},
    Do.RESTART: {"seconds": [2.0, 30.0], "post_only_s": [0.0, 10.0]},
    Do.FAIL_TRADES: {"trades": [1, 2]},
    Do.PAUSE_TRADING: {"seconds": [1.0, 10.0]},
    Do.HIDE_ORDER: {"seconds": [2.0, 8.0, 25.0, 50.0]},
}


def words_of(chance, do):
    """Give an action its numbers."""
    return {name: chance.choice(values) for name, values in WORDS.get(do, {}).items()}


def at_request(chance, venue):
    """Something with the next requests of a kind."""
    do = pick(chance, ANSWERS)
    on = chance.choices([PLACE[venue], CANCEL[venue], AMEND, READ[venue]], [6, 3, 1, 2])[0]
    if do in AT_ORDERS:
        on = PLACE[venue]
    times = chance.choice([1, 1, 1, 2, 4])
    return [Rule(do=do, on=on, venue=venue, times=times, **words_of(chance, do))]


def lost_and_hidden(chance, venue):
    """An order arrives, its answer does not, and nobody can look it up for a while."""
    do = chance.choice([Do.DROP_REPLY, Do.RESET_AFTER, Do.STATUS_AFTER])
    hide, on = Do.HIDE_ORDER, PLACE[venue]
    return [
        Rule(do=hide, on=on, venue=venue, **words_of(chance, hide)),
        Rule(do=do, on=on, venue=venue, **words_of(chance, do)),
    ]


def at_streams(chance, venue):
    """Something with a venue, or with what it tells."""
    do = pick(chance, STREAMS)
    if do in POLYMARKET_ONLY:
        venue = Venue.POLYMARKET
    if do in KALSHI_ONLY:
        venue = Venue.KALSHI
    return [Rule(do=do, after_s=0, venue=venue, **words_of(chance, do))]
