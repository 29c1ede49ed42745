"""What must be so besides, where the money is real: one pure function per check, as in `checks`."""

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from pmterm.messages.live import Armed, HoldingDiffers, ReadinessChanged
from pmterm.messages.orders import Intent
from pmterm.messages.strategy import RecordKnown, is_exit, missing_for_live
from pmterm.model.fees import FeeKind
from pmterm.model.order import Side
from pmterm.model.outcome import Inventory, Leg, sold_by
from pmterm.model.units import CASH_ONE, PRICE_ONE, SECOND, Cash, Ns, Qty, cost, price_text
from pmterm.trading.risk.checks import Case, Verdict, gate_open, judge
from pmterm.trading.risk.limits import HOUR, MINUTE
from pmterm.trading.risk.wording import contracts, dollars, seconds

UNARMED_ORIGINS: Final = frozenset({"panic", "close all"})


def goes_unarmed(intent: Intent) -> bool:
    """Tell whether an order needs no arming: it leaves everything, or is a closing exit."""
    return intent.origin in UNARMED_ORIGINS or (is_exit(intent.origin) and intent.reduce_only)


class LiveRules(msgspec.Struct, frozen=True):
    """What live trading asks for beyond the limits.

    `idle`: armed without an order for that long disarms. `longest`: the longest arming. `ask_over`
    (1e-6 USD): a dearer order asks. `repeat_within`: the same order again within that time asks.
    `refusals`: so many of one reason in a row halt. `halt`: for how long. A strategy acts by itself
    after `min_signals` held-out signals that paid; its first `small_trades` cost `small` at most.
    """

    idle: Ns = 2 * MINUTE
    longest: Ns = HOUR
    ask_over: Cash = 500 * CASH_ONE
    repeat_within: Ns = 5 * SECOND
    refusals: int = 3
    halt: Ns = 5 * MINUTE
    min_signals: int = 50
    small: Cash = 5 * CASH_ONE
    small_trades: int = 50


class LiveCase(msgspec.Struct, frozen=True, kw_only=True):
    """What the live checks may look at. None: not known, which counts as no.

    `to_fill` is what may still fill of the order, `inventory` what there is of the outcome it
    would sell. `account` is whose money it is; `is_first`: no order of it was ever approved there.
    `strategy`: which one wants it by itself, "" if a person does, with what it has shown and its
    live trades so far.
    """

    case: Case
    rules: LiveRules
    ready: ReadinessChanged | None
    armed: Armed | None
    differs: HoldingDiffers | None
    is_split: bool
    leg: Leg
    inventory: Inventory
    to_fill: Qty
    fee: Cash
    account: str
    is_first: bool
    is_repeat: bool
    strategy: str = ""
    record: RecordKnown | None = None
    live_trades: int = 0

    @property
    def is_way_out(self) -> bool:
        """Whether it only closes, everything or by an exit: it needs no arming and asks nothing.

        An exit was asked for when it was set; one that lapsed with the arming would guard nothing.
        """
        return self.case.reduces and goes_unarmed(self.case.intent)

    @property
    def notional(self) -> Cash:
        """What changes hands if it fills: paid for what it opens, brought by what it closes."""
        intent = self.case.intent
        is_yes = (intent.side is Side.BUY) != self.case.reduces
        return cost(intent.price if is_yes else PRICE_ONE - intent.price, max(0, intent.qty))


LiveCheck: TypeAlias = Callable[[LiveCase], Verdict | None]


def ready(live: LiveCase) -> Verdict | None:
    """I7: no order without the venue's side ready to the last thing; not known is not ready."""
    if live.ready is None:
        return Verdict("READY", "not known yet", "account compared", "wait for the first compare")
    if live.ready.missing:
        missing = ", ".join(live.ready.missing)
        return Verdict("READY", f"missing: {missing}", "nothing missing", "wait, or see doctor")
    if live.ready.post_only and not live.case.intent.post_only:
        return Verdict(
            "READY", "it would trade", "post-only for now", "place it post-only, or wait"
        )
    return None


def armed(live: LiveCase) -> Verdict | None:
    """C1: live orders pass only in the armed market, until its time is over, up to its cap."""
    if live.is_way_out:
        return None
    intent, arm = live.case.intent, live.armed
    if arm is None or intent.at >= arm.until:
        return Verdict("ARM", "not armed", "armed for this market", "arm it first")
    if arm.market != intent.market:
        return Verdict("ARM", "armed for another market", "armed for this one", "arm it first")
    whole = live.notional + live.fee
    if arm.max_cash and not live.case.reduces and whole > arm.max_cash:
        return Verdict(
            "ARM", dollars(whole), dollars(arm.max_cash), "a smaller order, or arm for more"
        )
    return None


def fee_known(live: LiveCase) -> Verdict | None:
    """F13: a fee that is not known is not zero."""
    market = live.case.market
    if market is None or market.fees.kind is not FeeKind.UNKNOWN:
        return None
    return Verdict("fee", "not known", "a fee schedule", "open the market again")


def plain_numbers(live: LiveCase) -> Verdict | None:
    """F63: sizes and prices above 0, whatever the grid says."""
    intent = live.case.intent
    if intent.qty > 0 and 0 < intent.price < PRICE_ONE and live.to_fill > 0:
        return None
    value = f"{contracts(intent.qty)} at {price_text(intent.price)}"
    return Verdict("size", value, "above 0, and not yet filled", "give a size and a price")


def agrees(live: LiveCase) -> Verdict | None:
    """F29: where the venue holds another number for us, nothing is made larger."""
    if live.differs is None or live.case.reduces:
        return None
    ours, theirs = contracts(live.differs.ours), contracts(live.differs.theirs)
    remedy = "close only, or accept the venue's number"
    return Verdict("DIFFERS", f"we count {ours}, the venue {theirs}", "the same number", remedy)


def held(live: LiveCase) -> Verdict | None:
    """I4: what is sold is held, settled, and not offered already; one order sells or buys."""
    if not live.is_split or not live.leg.is_sale or live.to_fill <= live.inventory.free:
        return None
    inventory, wanted = live.inventory, contracts(live.to_fill)
    limit = f"{contracts(inventory.free)} can be sold"
    if live.to_fill > inventory.held:
        return _mixed(live, limit)
    if live.to_fill <= inventory.held - inventory.offered:
        value = f"{wanted}, {contracts(inventory.settling)} of it settling"
        return Verdict("HELD", value, limit, "settling, can be sold in a few seconds")
    value = f"{wanted}, {contracts(inventory.offered)} offered already"
    return Verdict("HELD", value, limit, "cancel what offers it, and wait until that is sure")


def _mixed(live: LiveCase, limit: str) -> Verdict:
    """Say that one order cannot sell one outcome and buy the other."""
    market, inventory = live.case.market, live.inventory
    value = f"{contracts(live.to_fill)}, {contracts(inventory.held)} held"
    if market is None:
        return Verdict("HELD", value, limit, "sell what is held first")
    sold = sold_by(live.case.intent.side)
    names = (market.outcomes[sold].name, market.outcomes[1 - sold].name)
    whole = inventory.held - inventory.held % market.qty_step
    remedy = f"sell {contracts(whole)} {names[0]} first, then buy {names[1]} with the rest"
    return Verdict("HELD", value, limit, remedy)


def proven(live: LiveCase) -> Verdict | None:
    """T12: a strategy acts by itself only after it has shown, on signals held out, that it pays."""
    rules = live.rules
    if not live.strategy or live.case.reduces:
        return None
    lacks = missing_for_live(live.record, rules.min_signals)
    if lacks:
        limit = f"{rules.min_signals} held-out signals with a net surely above 0"
        return Verdict("T12", f"{live.strategy}: {lacks}", limit, "let it suggest until then")
    if live.live_trades >= rules.small_trades or live.notional <= rules.small:
        return None
    value = f"{dollars(live.notional)} in trade {live.live_trades + 1} of {live.strategy}"
    limit = f"{dollars(rules.small)} in its first {rules.small_trades}"
    return Verdict("T12", value, limit, f"at most {dollars(rules.small)}")


def first_order(live: LiveCase) -> Verdict | None:
    """X14: the first live order of an account on its venue asks."""
    if not live.is_first or live.case.market is None:
        return None
    whose = f" of {live.account}" if live.account else ""
    what = f"the first live order on {live.case.market.venue}{whose}"
    return _asked(live, what, "a yes to it")


def dear(live: LiveCase) -> Verdict | None:
    """T11: a large order asks."""
    if live.notional <= live.rules.ask_over:
        return None
    return _asked(live, dollars(live.notional), f"{dollars(live.rules.ask_over)} unasked")


def repeated(live: LiveCase) -> Verdict | None:
    """F18: the same order again at once asks."""
    if not live.is_repeat:
        return None
    return _asked(live, "the same order again", f"once in {seconds(live.rules.repeat_within)}")


def far_off(live: LiveCase) -> Verdict | None:
    """F16: a price that lies far behind its own side's best may be a slip; a taker's is refused."""
    case, away = live.case, live.case.limits.passive_collar
    if not away or not case.own_best or case.is_taker:
        return None
    gap = case.own_best - case.intent.price
    gap = gap if case.intent.side is Side.BUY else -gap
    if gap <= away:
        return None
    limit = f"{price_text(away)} from {price_text(case.own_best)}"
    return _asked(live, price_text(case.intent.price), limit)


def _asked(live: LiveCase, value: str, limit: str) -> Verdict | None:
    if live.case.intent.confirmed or live.is_way_out:
        return None
    return Verdict("ASK", value, limit, "confirm it", asks=True)


STRICT: Final[tuple[LiveCheck, ...]] = (
    plain_numbers,
    ready,
    armed,
    fee_known,
    agrees,
    held,
    proven,
)
ASKING: Final[tuple[LiveCheck, ...]] = (first_order, dear, repeated, far_off)


def judge_live(live: LiveCase) -> Verdict | None:
    """Return the first verdict against a live intent; it asks only if nothing else is wrong."""
    return gate_open(live.case) or _first(STRICT, live) or judge(live.case) or _first(ASKING, live)


def _first(checks: tuple[LiveCheck, ...], live: LiveCase) -> Verdict | None:
    return next((verdict for check in checks if (verdict := check(live)) is not None), None)
