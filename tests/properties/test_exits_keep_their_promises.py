"""Whatever the market does, exits sell no more than is held, one order at a time, and survive."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.money_builders import BUY, SELL, M
from tests.trading.strategy.floor import Floor

from pmterm.messages.commands import CancelMarket, ClosePosition, SubmitTicket
from pmterm.messages.orders import Fill, Intent, OrderReport
from pmterm.messages.strategy import ExitFired, SetExits, TagGame
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import MS, PRICE_ONE, QTY_ONE

PRICES = st.integers(10, 90).map(lambda cents: cents * 100)
QUOTE = st.tuples(
    st.just("quote"), PRICES, st.integers(1, 5), st.sampled_from([2, 7, 1_000]), st.booleans()
)
EXITS = st.fixed_dictionaries(
    {},
    optional={
        "target": PRICES,
        "stop": PRICES,
        "trail": st.integers(1, 10).map(lambda cents: cents * 100),
        "lasts_s": st.integers(1, 20),
        "event": st.just("loss"),
    },
)
STEPS = st.lists(
    st.one_of(
        QUOTE,
        st.tuples(st.just("wait"), st.integers(1, 8_000)),
        st.tuples(st.just("exits"), EXITS),
        st.tuples(st.just("tag")),
        st.tuples(st.just("close")),
        st.tuples(st.just("cancel")),
        st.tuples(st.just("trade"), st.sampled_from(Side), st.integers(1, 12)),
        st.tuples(st.just("rest"), st.sampled_from(Side), PRICES, st.integers(1, 12)),
        st.tuples(st.just("again")),
    ),
    max_size=25,
)


def act(it, step):
    match step:
        case ("quote", bid, spread, size, trusted):
            it.book.is_trusted = trusted or it.at % 3 > 0
            it.quote(bid, min(bid + spread * 100, 9_900), size)
        case ("wait", ms):
            it.wait(ms * MS)
        case ("exits", exits):
            it.take(SetExits(it.at, M, **exits))
        case ("tag",):
            it.take(TagGame(it.at, M, "loss"))
        case ("close",):
            it.take(ClosePosition(it.at, M))
        case ("cancel",):
            it.take(CancelMarket(it.at, M))
        case ("trade", side, qty):
            it.take(SubmitTicket(it.at, M, side, qty * QTY_ONE))
        case ("rest", side, price, qty):
            it.take(SubmitTicket(it.at, M, side, qty * QTY_ONE, price, TimeInForce.GTC))
        case ("again",):
            return reborn(it)
    return it


def reborn(it):
    """Die, check that the journal brings the same exits back, and go on."""
    other = it.again()
    assert other.strategies.guards.state() == it.strategies.guards.state()
    other.sessions = getattr(it, "sessions", 1) + 1
    other.start(f"s{other.sessions}")
    return other


def is_exit(intent):
    return intent.origin.startswith("exit ")


def check(journal):
    """No exit order fills beyond what is held, and no two of a market work at the same time."""
    held, wanted, working = 0, {}, set()
    for message in journal:
        if isinstance(message, Intent):
            wanted[message.order] = message
        elif isinstance(message, OrderReport) and is_exit(wanted[message.order]):
            if message.state.is_final:
                working.discard(message.order)
            else:
                working.add(message.order)
                assert len(working) == 1
        elif isinstance(message, Fill):
            before = held
            held += message.qty if message.side is BUY else -message.qty
            if is_exit(wanted[message.order]):
                assert abs(held) < abs(before)
                assert held * before >= 0


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(Side), STEPS)
def test_exits_never_oversell_work_one_at_a_time_and_survive_a_restart(side, steps):
    it = Floor()
    it.start()
    it.take(SubmitTicket(it.at, M, side, 10 * QTY_ONE))
    it.wait()
    for step in steps:
        it = act(it, step)
    check(it.journal)
    reborn(it)


PATH = st.lists(
    st.tuples(PRICES, st.integers(1, 5), st.sampled_from([2, 7, 1_000]), st.integers(0, 3_000)),
    max_size=20,
)


@settings(max_examples=80, deadline=None)
@given(PATH, st.integers(1, 30), st.integers(1, 30), st.integers(0, 10), st.integers(0, 15))
def test_what_is_held_of_either_outcome_is_guarded_alike(path, target, stop, trail, lasts):
    stories = []
    for side in (BUY, SELL):
        it = Floor()
        it.start()
        bid, ask = (4600, 4700) if side is BUY else (5300, 5400)
        it.quote(bid, ask)
        it.take(SubmitTicket(it.at, M, side, 10 * QTY_ONE))
        it.wait()
        exits = {"target": 4600 + target * 100, "stop": 4600 - stop * 100}
        if side is SELL:
            exits = {name: PRICE_ONE - price for name, price in exits.items()}
        it.take(SetExits(it.at, M, **exits, trail=trail * 100, lasts_s=lasts))
        for low, spread, size, ms in path:
            high = min(low + spread * 100, 9_900)
            quote = (low, high) if side is BUY else (PRICE_ONE - high, PRICE_ONE - low)
            it.quote(*quote, size)
            it.wait(ms * MS)
        fired = [(m.at, m.kind) for m in it.said(ExitFired)]
        stories.append((fired, abs(it.held()), [(m.at, m.qty) for m in it.said(Fill)]))
    assert stories[0] == stories[1]
