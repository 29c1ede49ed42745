"""T10: how much to bet. Integers throughout, so that every machine bets the same."""

from math import isqrt
from typing import Final, NamedTuple

from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import RecordKnown
from pmterm.model.fees import fee_of
from pmterm.model.market import Market
from pmterm.model.units import CASH_CENT, PPM, QTY_ONE, Cash, Price, Qty, fixed_text
from pmterm.trading.strategy.settings import Rules
from pmterm.trading.strategy.wish import WhyNot, held_price

_CASH_PER_PRICE: Final = 100  # of one contract: 1e-4 USD a step is 100 x 1e-6 USD
_Z_MILLI: Final = 1_960  # two-sided 95 %


class Stake(NamedTuple):
    """What a size is worked out from.

    `paid` is the limit as a price of the outcome bought; `target` and `stop` are what its exits
    would bring. `tied` is what other positions of the same event could lose: they win and lose
    together (R7), so they count as part of this bet. `capital` is all money, `record` what the
    strategy has shown, `most` a cap on top (1e-6 USD), 0: none.
    """

    market: Market
    paid: Price
    target: Price
    stop: Price
    tied: Cash
    capital: Cash
    record: RecordKnown | None
    most: Cash = 0


def size_of(stake: Stake, rules: Rules) -> Qty | WhyNot:
    """Return how many contracts to buy, or why none."""
    wanted = _kelly(stake, rules) if rules.sizing == "kelly" else rules.dollars
    if isinstance(wanted, WhyNot):
        return wanted
    room = max(0, wanted - stake.tied)
    if stake.most:
        room = min(room, stake.most)
    market = stake.market
    qty = room * 10_000 // stake.paid
    qty -= qty % market.qty_step
    if qty and qty >= market.min_qty:
        return qty
    if stake.tied:
        tied = f"{_dollars(stake.tied)} at stake on the same event"
        return WhyNot(tied, f"well below {_dollars(wanted)}", "close that first")
    least = -(-market.min_qty * stake.paid // 10_000)
    return WhyNot(_dollars(room), f"at least {_dollars(least)}", "a larger size")


def _kelly(stake: Stake, rules: Rules) -> Cash | WhyNot:
    """Return half of what f = (p b - q) / b says, capped.

    `p` is the lower end of the share of winners, not the share itself: Kelly loses more by betting
    too much than by betting too little, and few signals flatter. `b` is what the target wins for
    each dollar the stop loses, fees of both ways counted against it.
    """
    record = stake.record
    if record is None or not record.held_out:
        return WhyNot("no record", "held-out signals to size by", 'sizing "fixed"')
    market = stake.market
    fees = fee_of(market.fees, stake.paid, QTY_ONE)
    won = (stake.target - stake.paid) * _CASH_PER_PRICE
    won -= fees + fee_of(market.fees, stake.target, QTY_ONE)
    lost = (stake.paid - stake.stop) * _CASH_PER_PRICE
    lost += fees + fee_of(market.fees, stake.stop, QTY_ONE)
    if won <= 0 or lost <= 0:
        return WhyNot("target and stop", "a target beyond both fees", "a further target")
    p = lower_share_ppm(record.won, record.held_out)
    share = p - (PPM - p) * lost // won  # f = p - q / b
    if share <= 0:
        needed = fixed_text(PPM * lost // (won + lost) // 1_000, 1)
        value = f"wins {fixed_text(p // 1_000, 1)} % at the least"
        return WhyNot(value, f"above {needed} %", "a better record")
    return min(stake.capital * share // (2 * PPM), stake.capital * rules.kelly_cap_ppm // PPM)


def lower_share_ppm(won: int, n: int) -> int:
    """Return the lower end of the 95 % Wilson interval of `won` of `n`, in ppm, rounded down."""
    if n <= 0:
        return 0
    # (w + z^2/2 - z sqrt(w (n - w) / n + z^2 / 4)) / (n + z^2), above and below x 1e6
    z2 = _Z_MILLI * _Z_MILLI
    root = isqrt(10**18 * won * (n - won) // n + z2 * 10**12 // 4)  # x 1e9
    low = won * 10**6 + z2 // 2 - -(-_Z_MILLI * (root + 1) // 10**6)
    return max(0, low * PPM // (n * 10**6 + z2))


def exits_worth(bracket: Bracket, paid: Price, *, is_long: bool) -> tuple[Price, Price]:
    """Return what target and stop bring, as prices of the outcome bought."""
    target, stop = bracket.target, bracket.stop
    return (
        held_price(target, is_long=is_long) if target else paid * (PPM + bracket.target_ppm) // PPM,
        held_price(stop, is_long=is_long) if stop else paid * (PPM - bracket.stop_ppm) // PPM,
    )


def _dollars(cash: Cash) -> str:
    return f"${fixed_text(-(-cash // CASH_CENT), 2, at_least=2)}"
