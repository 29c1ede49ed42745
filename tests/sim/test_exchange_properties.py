"""Whatever accounts and the crowd do, nothing is made or lost and every record is true."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pmterm.model.ids import Venue
from pmterm.model.market import MarketStatus
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.sim.accounts import KALSHI_PURSE, POLYMARKET_PURSE, Purse, TestAccount
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import ExchangeOrder, Filled, OrderMoved, Settled
from pmterm.sim.matching import SelfTrade
from pmterm.sim.quiet import QuietWorld, kalshi_listing, polymarket_listing

T = 1_790_000_000 * SECOND
LISTINGS = [
    polymarket_listing("a"),
    polymarket_listing("b"),
    kalshi_listing(),
    kalshi_listing("KXOTHER-26OCT010000EMBTDL-EMB", shard=3),
]
MARKETS = [listing.market for listing in LISTINGS]
PURSES = {POLYMARKET_PURSE: 500 * CASH_ONE, KALSHI_PURSE: 500 * CASH_ONE}
SHARDED = {**PURSES, Purse(Venue.KALSHI, 3): 500 * CASH_ONE}

order_of = st.fixed_dictionaries(
    {
        "account": st.sampled_from(["ann", "bob"]),
        "market": st.sampled_from([market.id for market in MARKETS]),
        "side": st.sampled_from(list(Side)),
        "price": st.integers(45, 55).map(lambda cents: cents * 100),
        "qty": st.integers(1, 4_000).map(lambda hundredths: hundredths * QTY_ONE // 100),
        "outcome": st.integers(0, 1),
        "tif": st.sampled_from(list(TimeInForce)),
        "post_only": st.booleans(),
        "reduce_only": st.booleans(),
        "self_trade": st.sampled_from(list(SelfTrade)),
        "expires_at": st.sampled_from([0, T + 3 * SECOND]),
        "cancels_on_pause": st.booleans(),
    }
)
act = st.one_of(
    st.tuples(st.just("place"), order_of),
    st.tuples(st.just("place later"), order_of),
    st.tuples(st.just("crowd"), order_of),
    st.tuples(st.just("quote"), order_of),
    st.tuples(st.just("cancel"), st.integers(0, 40)),
    st.tuples(st.just("cancel all"), st.sampled_from(["ann", "bob"])),
    st.tuples(st.just("reduce"), st.integers(0, 40), st.integers(1, 20 * QTY_ONE)),
    st.tuples(
        st.just("amend"), st.integers(0, 40), st.integers(45, 55), st.integers(1, 50 * QTY_ONE)
    ),
    st.tuples(st.just("wait"), st.integers(1, 2 * SECOND)),
    st.tuples(st.sampled_from(["pause", "resume"]), st.sampled_from(MARKETS)),
    st.tuples(st.just("reverse"), st.integers(0, 40)),
    st.tuples(st.just("resolve"), st.sampled_from(MARKETS), st.integers(0, 10_000)),
)


class Evening:
    """Plays acts, and checks after each of them."""

    def __init__(self):
        self.world = QuietWorld(LISTINGS)
        self.exchange = Exchange(self.world)
        for name in ("ann", "bob"):
            self.exchange.open_account(T, TestAccount(account_id=name, cash=SHARDED))
        self.told = []
        self.exchange.on_account.append(self.told.append)
        self.exchange.advance(T)
        self.at = T
        self.undone = set()

    def play(self, what, *given):
        getattr(self, what.replace(" ", "_"))(*given)

    def place(self, asked):
        self.exchange.place(self.at, self.order(asked))

    def place_later(self, asked):
        self.exchange.place_later(self.at, self.at + SECOND, self.order(asked))

    def crowd(self, one):
        self.world.cross(one["market"], one["side"], one["price"], one["qty"])

    def quote(self, one):
        levels = {"bids" if one["side"] is Side.BUY else "asks": [(one["price"], one["qty"])]}
        if self.world.states[one["market"]].status is MarketStatus.ACTIVE:
            self.world.quote(one["market"], **levels)

    def cancel(self, number):
        self.exchange.cancel(self.at, f"o{number}")

    def cancel_all(self, account):
        self.exchange.cancel_all(self.at, account=account)

    def reduce(self, number, by):
        self.exchange.reduce(self.at, f"o{number}", by)

    def amend(self, number, cents, qty):
        order = self.exchange.order(f"o{number}")
        if order is not None and order.standing == "resting" and qty > order.filled:
            self.exchange.amend(self.at, order.id, price=cents * 100, qty=qty)

    def wait(self, time):
        self.at += time
        self.exchange.advance(self.at)

    def pause(self, market):
        if self.world.states[market.id].is_open:
            self.exchange.pause(self.at, market.id)

    def resume(self, market):
        if self.world.states[market.id].is_open:
            self.exchange.resume(self.at, market.id)

    def resolve(self, market, payout):
        if self.world.states[market.id].is_open:
            self.exchange.resolve(self.at, market.id, payout)

    def reverse(self, number):
        fills = self.exchange.fills[number : number + 1]
        for fill in fills:
            is_open = self.world.states[fill.order.market].is_open
            if is_open and fill.trade_id not in self.undone:
                self.undone.add(fill.trade_id)
                self.exchange.reverse(self.at, fill.trade_id)

    def order(self, asked):
        return ExchangeOrder(id=f"o{len(self.exchange.orders)}", **asked)

    def check(self):
        exchange = self.exchange
        exchange.ledger.check()
        for order in exchange.orders.values():
            fills = [fill for fill in exchange.fills if fill.order is order]
            assert order.qty == order.filled + order.open + order.ended
            assert order.filled == sum(fill.qty for fill in fills)
            assert order.taker_fees + order.maker_fees == sum(fill.fee for fill in fills)
            assert (order.open > 0) == order.standing.is_open
            book = self.world.book(order.market)
            resting = book.order(order.id)
            assert (resting is not None) == (order.standing == "resting")
            assert resting is None or resting.qty == order.open
        for market, state in self.world.states.items():
            if not self.world._happened:
                book = self.world.book(market)
                assert dict(book.levels(Side.BUY)) == state.bids.sizes
                assert dict(book.levels(Side.SELL)) == state.asks.sizes

    def check_told(self):
        """What listeners heard adds up to what is so."""
        self.exchange.advance(self.at + 10 * SECOND)
        assert [event for event in self.told if isinstance(event, Filled)] == self.exchange.fills
        for order in self.exchange.orders.values():
            last = [e for e in self.told if isinstance(e, OrderMoved | Filled) and e.order is order]
            assert (last[-1].open, last[-1].filled) == (order.open, order.filled)
        for account in ("ann", "bob"):
            for market in MARKETS:
                held = [
                    event
                    for event in self.told
                    if isinstance(event, Settled)
                    and (event.account, event.market) == (account, market.id)
                ]
                assert len(held) <= 1


@settings(max_examples=150, deadline=None)
@given(st.lists(act, max_size=40))
def test_ledger_stays_exact_and_records_true(acts):
    evening = Evening()
    for one in acts:
        evening.play(*one)
        evening.check()
    evening.check_told()
    evening.check()
