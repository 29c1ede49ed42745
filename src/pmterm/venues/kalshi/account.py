"""What an account says about itself: requests, and readers of their answers.

Pure; for the doctor, for adding a key, and for the trading side. Readers take the decoded body and
raise ValueError where it does not fit. Source: Kalshi docs, OpenAPI 3.34.0, read 2026-10, and
answers recorded in demo 2026-06 and production 2026-01.
"""

from collections.abc import Sequence

import msgspec

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import MarketId, VenueOrderId
from pmterm.model.units import PRICE_ONE, SECOND, Cash, Ns, Price, Qty
from pmterm.venues.kalshi import fields
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.asking import PAGE, PORTFOLIO, get
from pmterm.venues.kalshi.translate import NAMES

CENT: Cash = 10_000


# --- requests


def ask_keys(at: Ns) -> HttpRequest:
    """Ask for the account's keys: which scopes ours has, until when its region is attested."""
    return get(at, "/api_keys", "account:keys")


def ask_balance(at: Ns, *, subaccount: int = 0) -> HttpRequest:
    """Ask for the free money, in all and on each shard."""
    query = {"subaccount": subaccount} if subaccount else {}
    return get(at, f"{PORTFOLIO}/balance", "account:balance", query)


def ask_limits(at: Ns) -> HttpRequest:
    """Ask how fast this account may ask."""
    return get(at, "/account/limits", "account:limits")


def ask_settlements(since: Ns, at: Ns, cursor: str = "") -> HttpRequest:
    """Ask for what was paid out; further pages by the cursor of the answer."""
    query: dict[str, object] = {"limit": PAGE, "cursor": cursor}
    if since > 0:
        query["min_ts"] = since // SECOND
    return get(at, f"{PORTFOLIO}/settlements", "account:settlements", query)


def ask_queues(markets: Sequence[MarketId], at: Ns, *, subaccount: int = 0) -> HttpRequest:
    """Ask how much must trade before each of our orders in these markets, which are one or more."""
    told = ",".join(markets)
    query: dict[str, object] = {"market_tickers": told, "subaccount": subaccount or ""}
    return get(at, f"{PORTFOLIO}/orders/queue_positions", f"queue:{told}", query)


# --- keys


class KeyRow(msgspec.Struct, frozen=True):
    """One key of the account. `subaccount` -1: not locked to one."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    subaccount: int
    region_until: Ns

    @property
    def may_trade(self) -> bool:
        """Whether its scopes let it place and cancel orders."""
        return not {"write", "write::trade"}.isdisjoint(self.scopes)

    @property
    def may_read(self) -> bool:
        """Whether its scopes let it read orders and balances."""
        return "read" in self.scopes


def keys_in(body: Table) -> list[KeyRow]:
    """Read the keys. `region_until` (Unix ns, 0: not told) may stand in a row or beside the list.

    After that moment the key trades no sports, elections or entertainment until its owner attests
    the location again on kalshi.com.
    """
    beside = fields.seconds(body, "api_key_region_expiration_ts")
    return [
        KeyRow(
            fields.text(row, "api_key_id"),
            fields.text(row, "name", 80),
            tuple(scope for scope in fields.rows(row, "scopes") if isinstance(scope, str)),
            -1 if row.get("subaccount") is None else fields.whole(row, "subaccount"),
            fields.seconds(row, "api_key_region_expiration_ts") or beside,
        )
        for row in tables(body, "api_keys")
    ]


# --- money


class Money(msgspec.Struct, frozen=True):
    """Free money in all, and by shard where the venue tells; an order can use its shard's only."""

    cash: Cash
    purses: tuple[tuple[int, Cash], ...] = ()

    def on(self, shard: int) -> Cash | None:
        """Return what is free on a shard, None where the venue did not tell by shard."""
        return dict(self.purses).get(shard, 0) if self.purses else None


def money_in(body: Table) -> Money:
    """Read a balance: by its decimal text, since the number beside it is cut to whole cents."""
    told = fields.rows({"rows": body.get("balance_breakdown")}, "rows")
    purses = tuple(
        (fields.whole(row, "exchange_index"), fields.cash(row, "balance"))
        for row in told
        if isinstance(row, dict)
    )
    return Money(fields.cash(body, "balance_dollars"), purses)


class Settlement(msgspec.Struct, frozen=True):
    """What one market paid. `payout` is that of one YES contract; `profit` is after fees.

    `yes` and `no` are what was held, `paid` what it had cost, `revenue` what came back.
    """

    market: MarketId
    result: str
    payout: Price
    yes: Qty
    no: Qty
    paid: Cash
    revenue: Cash
    fees: Cash
    settled_at: Ns

    @property
    def profit(self) -> Cash:
        """What the market brought in the end."""
        return self.revenue - self.paid - self.fees


def settlements_in(body: Table) -> list[Settlement]:
    """Read settlements; `revenue` and `value` are whole cents, all else is dollars."""
    return [_settlement(row) for row in tables(body, "settlements")]


def _settlement(row: Table) -> Settlement:
    payout = fields.whole(row, "value") * 100
    if not 0 <= payout <= PRICE_ONE:
        raise ValueError(f"a payout of {payout}")
    return Settlement(
        NAMES[fields.given(row, "ticker")],
        fields.text(row, "market_result", 40),
        payout,
        fields.qty(row, "yes_count_fp"),
        fields.qty(row, "no_count_fp"),
        fields.cash(row, "yes_total_cost_dollars") + fields.cash(row, "no_total_cost_dollars"),
        fields.whole(row, "revenue") * CENT,
        fields.cash(row, "fee_cost"),
        fields.instant(row, "settled_time"),
    )


def queues_in(body: Table) -> dict[VenueOrderId, Qty]:
    """Read how much stands before each order, by the venue's ids; 0 is the first in line."""
    return {
        VenueOrderId(fields.name(row, "order_id")): fields.qty(row, "queue_position_fp")
        for row in tables(body, "queue_positions")
    }


# --- limits


class Budget(msgspec.Struct, frozen=True):
    """Tokens: how many come back each second, and how many there can be."""

    refill: int
    capacity: int


class Limits(msgspec.Struct, frozen=True):
    """How fast an account may ask: most calls cost 10 tokens, a cancel 2."""

    tier: str
    read: Budget
    write: Budget


def limits_in(body: Table) -> Limits:
    """Read the limits."""
    return Limits(
        fields.text(body, "usage_tier", 40), _budget(body, "read"), _budget(body, "write")
    )


def _budget(body: Table, key: str) -> Budget:
    told = fields.table(body, key)
    return Budget(fields.whole(told, "refill_rate"), fields.whole(told, "bucket_capacity"))


def skew_of(response: HttpResponse) -> Ns | None:
    """Return how far this computer's clock is ahead of Kalshi's, as far as one answer tells.

    Kalshi refuses requests 30 s off and takes 10 s (measured 2026-06). Its Date header counts
    whole seconds, so half a second is added, and the travel is halved. None: it told no time.
    """
    if not response.venue_at or not response.sent_at:
        return None
    ours = (response.sent_at + response.at) // 2
    return ours - (response.venue_at + SECOND // 2)


def tables(body: Table, key: str) -> list[Table]:
    """Return the objects of a list that must be there."""
    return [row for row in fields.rows(body, key) if isinstance(row, dict)]
