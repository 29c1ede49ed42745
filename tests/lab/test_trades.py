"""From fills to trades: each from flat to flat; what nobody saw is counted apart."""

import pytest

from pmterm.lab.figures import strategy_facts
from pmterm.lab.notebook import Notebook
from pmterm.messages.accounts import MarketSettled
from pmterm.messages.feed import BookLost, BookSnapshot, MarketSeen, MarketStatusSeen
from pmterm.messages.orders import Fill, Intent
from pmterm.messages.signals import Advice, SignalEnded, SignalKind, SignalRejected, SignalSeen
from pmterm.messages.strategy import ExitFired, ExitKind, auto_origin
from pmterm.model.ids import Venue
from pmterm.model.market import Market, MarketStatus, Outcome
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import QTY_ONE, SECOND

BUY, SELL = Side.BUY, Side.SELL
MARKET = Market(
    id="KX-1", venue=Venue.KALSHI, title="One", outcomes=(Outcome("Yes"), Outcome("No"))
)


class Night:
    """Says things to a notebook, a second apart."""

    def __init__(self):
        self.notebook = Notebook()
        self.tables = self.notebook.hears()
        self.second = 100
        self.fills = 0
        self.say(MarketSeen, MARKET)

    def say(self, kind, *fields, **more):
        self.second += 1
        message = kind(self.second * SECOND, *fields, **more)
        for table in self.tables:
            if kind in table:
                table[kind](message)
        return message

    def book(self):
        self.say(BookSnapshot, 0, MARKET.id, ((4_000, QTY_ONE),), ())

    def trade(self, side, contracts, price, *, origin="key", fee=0, order=None):
        self.fills += 1
        order = order or f"o{self.fills}"
        tif = TimeInForce.IOC
        self.say(Intent, order, MARKET.id, side, contracts * QTY_ONE, price, tif, origin=origin)
        self.say(
            Fill, f"f{self.fills}", order, MARKET.id, side, price, contracts * QTY_ONE, fee,
            is_maker=False,
        )  # fmt: skip

    def over(self):
        end = (self.second + 1) * SECOND
        return self.notebook.outcome("night", (0, end), 1)


def test_a_trade_goes_from_flat_to_flat_with_averages_and_fees():
    night = Night()
    night.trade(BUY, 10, 4_000, fee=1_000)
    night.trade(BUY, 10, 5_000, fee=1_000)
    night.trade(SELL, 20, 6_000, fee=2_000)
    (trade,) = night.over().trades
    assert (trade.side, trade.qty, trade.entry, trade.exit) == (BUY, 20 * QTY_ONE, 4_500, 6_000)
    assert (trade.fees, trade.net) == (4_000, 20 * 150_000 - 4_000)


def test_a_sale_beyond_what_is_held_is_two_trades():
    night = Night()
    night.trade(BUY, 10, 4_000)
    night.trade(SELL, 15, 5_000, fee=3_000)
    night.trade(BUY, 5, 4_500)
    first, second = night.over().trades
    assert (first.side, first.qty, first.net) == (BUY, 10 * QTY_ONE, 1_000_000 - 2_000)
    assert (second.side, second.qty, second.net) == (SELL, 5 * QTY_ONE, 250_000 - 1_000)
    assert (first.fees, second.fees) == (2_000, 1_000)  # shared by size, as the report does


def test_who_asked_why_it_closed_and_what_it_acted_on():
    night = Night()
    night.say(
        SignalSeen, "s-1", MARKET.id, SignalKind.PANIC_SELL, Advice.BUY, score_ppm=900_000,
        mid2=8_000, before2=9_000, best_bid=3_900, best_ask=4_100, expected=0, expected_after=0,
        reasons=(),
    )  # fmt: skip
    night.trade(BUY, 10, 4_100, origin=auto_origin("fade"))
    night.say(ExitFired, MARKET.id, ExitKind.STOP, 3_900, "o2")
    night.say(
        SignalEnded, "s-1", MARKET.id, SignalKind.PANIC_SELL, reverted=True, after=7, best=1,
        worst=0, net=5,
    )  # fmt: skip
    night.trade(SELL, 10, 3_900, origin="exit stop")
    (trade,) = night.over().trades
    assert (trade.strategy, trade.signal, trade.kind) == ("fade", "s-1", "panic_sell")
    assert (trade.reason, trade.reverted_after) == ("stop", 7)


def test_a_settlement_closes_at_what_it_pays():
    night = Night()
    night.trade(SELL, 10, 4_000)
    night.say(MarketSettled, MARKET.id, 10_000)
    outcome = night.over()
    (trade,) = outcome.trades
    assert (trade.exit, trade.net, trade.reason) == (10_000, -6_000_000, "settled")
    assert outcome.settled == (MARKET.id,)


@pytest.mark.parametrize(("blind_s", "is_known"), [(5, True), (30, False)])
def test_a_position_over_a_gap_is_unknown_and_counted_apart(blind_s, is_known):
    night = Night()
    night.book()
    night.trade(BUY, 10, 4_000)
    night.say(BookLost, MARKET.id, "sequence gap")
    night.second += blind_s
    night.book()
    night.trade(SELL, 10, 9_000)
    outcome = night.over()
    (trade,) = outcome.trades
    figures = strategy_facts(outcome.trades, 10_000)
    assert trade.is_known is is_known
    assert (trade.reason == "unknown: sequence gap") is not is_known
    assert figures["n"] == int(is_known)
    assert figures["unknown"] == int(not is_known)
    assert figures["net"] == ("5.0000" if is_known else "0.0000")


@pytest.mark.parametrize(("blind_s", "is_known"), [(5, True), (30, False)])
def test_a_settlement_while_the_book_is_lost_ends_a_position_over_a_gap(blind_s, is_known):
    """Its exits could not act: what it would have earned nobody knows, whatever it paid."""
    night = Night()
    night.book()
    night.trade(BUY, 10, 4_000)
    night.say(BookLost, MARKET.id, "sequence gap")
    night.second += blind_s
    night.say(MarketSettled, MARKET.id, 10_000)
    outcome = night.over()
    (trade,) = outcome.trades
    assert trade.is_known is is_known
    assert trade.reason == ("settled" if is_known else "unknown: sequence gap")
    assert strategy_facts(outcome.trades, 10_000)["unknown"] == int(not is_known)
    assert len(outcome.gaps) == int(not is_known)


def test_a_book_that_goes_when_its_market_has_closed_is_no_gap():
    night = Night()
    night.book()
    night.trade(BUY, 10, 4_000)
    night.say(MarketStatusSeen, MARKET.id, MarketStatus.CLOSED)
    night.say(BookLost, MARKET.id, "unsubscribed")
    night.second += 3_600
    night.say(MarketSettled, MARKET.id, 10_000)
    outcome = night.over()
    assert outcome.trades[0].is_known
    assert outcome.gaps == ()


def test_a_book_lost_before_its_market_closed_is_one():
    night = Night()
    night.book()
    night.trade(BUY, 10, 4_000)
    night.say(BookLost, MARKET.id, "sequence gap")
    night.second += 30
    night.say(MarketStatusSeen, MARKET.id, MarketStatus.CLOSED)
    night.second += 3_600
    night.say(MarketSettled, MARKET.id, 10_000)
    outcome = night.over()
    assert outcome.trades[0].reason == "unknown: sequence gap"
    (gap,) = outcome.gaps
    assert gap.until - gap.since < 60 * SECOND


def test_a_signal_over_a_hole_in_the_recording_was_not_seen_to_its_end():
    night = Night()
    for name in ("before", "over"):
        night.say(
            SignalSeen, name, MARKET.id, SignalKind.SPIKE, Advice.BUY, score_ppm=900_000,
            mid2=8_000, before2=9_000, best_bid=3_900, best_ask=4_100, expected=0,
            expected_after=0, reasons=(),
        )  # fmt: skip
        if name == "over":
            night.notebook.hole(1, 2, "nothing was recorded")
        night.say(
            SignalEnded, name, MARKET.id, SignalKind.SPIKE, reverted=True, after=7, best=1,
            worst=0, net=5, is_whole=True,
        )  # fmt: skip
    assert [one.is_whole for one in night.over().signals] == [True, False]


def test_what_was_almost_a_signal_is_counted_by_what_it_lacked():
    night = Night()
    for found in ("1.3", "2", "2.4"):
        words = f"moved {found} sd from its average, needs over 2.5"
        night.say(SignalRejected, MARKET.id, SignalKind.SPIKE, (words,))
    night.say(SignalRejected, MARKET.id, SignalKind.PANIC_SELL, ("volume 2.1x of 3x",))
    assert night.over().rejected == {
        "spike: moved … sd from its average, needs over 2.5": 3,
        "panic_sell: volume …x of 3x": 1,
    }


def test_a_hole_in_the_recording_makes_every_open_position_unknown():
    night = Night()
    night.trade(BUY, 10, 4_000)
    night.notebook.hole(1, 2, "nothing was recorded")
    night.trade(SELL, 10, 9_000)
    night.trade(BUY, 10, 4_000)
    night.trade(SELL, 10, 4_100)
    first, second = night.over().trades
    assert first.reason == "unknown: nothing was recorded"
    assert second.is_known


def test_a_hole_that_goes_on_is_one():
    night = Night()
    night.notebook.hole(1, 300, "nothing was recorded")
    night.say(BookLost, MARKET.id, "fetched")
    night.second += 30
    night.book()
    night.notebook.hole(300, 600, "nothing was recorded")
    night.notebook.hole(700, 800, "nothing was recorded")
    holes = [(gap.since, gap.until) for gap in night.over().gaps if not gap.market]
    assert holes == [(1, 600), (700, 800)]


def test_what_stands_at_the_end_is_unknown():
    night = Night()
    night.trade(BUY, 10, 4_000)
    (trade,) = night.over().trades
    assert not trade.is_known
    assert "recording ended" in trade.reason


def test_a_market_whose_book_was_never_told_or_only_as_empty_is_named():
    night = Night()
    night.say(BookSnapshot, 0, MARKET.id, (), ())
    assert night.over().without_book == (MARKET.id,)
    night = Night()
    night.book()
    assert night.over().without_book == ()
