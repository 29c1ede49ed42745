"""A market from whatever describes it: Gamma's row, the CLOB's row, or a recording's.

Sources: Gamma and CLOB rows of 2024 to 2026-10; Polymarket docs, market data, read 2026-08.
"""

import re

from pmterm.model.errors import WireSurprise
from pmterm.model.fees import FeeSchedule
from pmterm.model.ids import MarketId, TokenId, Venue
from pmterm.model.market import Market, MarketStatus, Outcome, PriceBand
from pmterm.model.text import clean_text
from pmterm.model.units import MS, PRICE_ONE, SECOND, Ns, Price, Qty
from pmterm.venues.polymarket import fees
from pmterm.venues.polymarket.loose import (
    Data,
    first,
    fixed,
    flag,
    instant,
    number,
    objects,
    sequence,
    text,
)
from pmterm.venues.polymarket.translate import COARSEST_TICK

USUAL_TICK = 100
USUAL_MIN_QTY = 5_000_000
LONGEST_DELAY_S = 3_600
SHORT_DELAY: Ns = 250 * MS  # what the CLOB's `itode` stands for
LONGEST_RULES = 4_000
_CONDITION = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
_TOKEN = re.compile(r"[0-9]{1,78}", re.ASCII)


def market_from(data: Data) -> Market:
    """Return the market that `data` describes, all its text cleaned.

    Raises:
        WireSurprise: no condition id, or not two outcomes with a token each, or a tick that
            cannot be one.
    """
    condition = first(data, "conditionId", "condition_id")
    if not isinstance(condition, str) or not _CONDITION.fullmatch(condition):
        raise WireSurprise("a market without a condition id", _name(data))
    outcomes = _outcomes(data)
    event = next(iter(objects(data.get("events"))), {})
    slug = text(data, "slug", "market_slug")
    return Market(
        id=MarketId(condition),
        venue=Venue.POLYMARKET,
        title=text(data, "question", "title") or slug or condition[:10],
        outcomes=outcomes,
        slug=slug,
        event=text(event, "slug") or text(data, "event_slug"),
        event_title=text(event, "title"),
        category=_category(data, event),
        rules=text(data, "description", limit=LONGEST_RULES),
        status=_status(data, event),
        bands=(PriceBand(0, PRICE_ONE, _tick(data)),),
        min_qty=_min_qty(data),
        fees=_fees(data),
        taker_delay=_delay(data),
        starts_at=instant(data, "gameStartTime", "game_start_time", "eventStartTime", "start_ts")
        or (instant(event, "startTime") if "gameId" in event else 0),
        closes_at=instant(data, "endDate", "end_date_iso", "end_ts"),
        clears_book_on_start=flag(data, "clearBookOnStart"),
        neg_risk=flag(data, "negRisk", "neg_risk", "nr"),
        result=_result(data, outcomes),
        volume=fixed(number(data, "volumeNum", "volume"), 6),
        volume_24h=fixed(number(data, "volume24hr"), 6),
        liquidity=fixed(number(data, "liquidityNum", "liquidity"), 6),
        best_bid=_quote(data, "bestBid", 0),
        best_ask=_quote(data, "bestAsk", PRICE_ONE),
    )


def _name(data: Data) -> str:
    return text(data, "slug", "market_slug", "question", "id", limit=80)


def _outcomes(data: Data) -> tuple[Outcome, Outcome]:
    """Return both outcomes; Gamma writes two arrays inside texts, the CLOB a list of objects."""
    rows = objects(data.get("tokens")) or objects(data.get("outcomes"))
    if rows:
        names = [row.get("outcome") for row in rows]
        tokens = [row.get("token_id") for row in rows]
    else:
        names = sequence(data.get("outcomes"))
        tokens = sequence(data.get("clobTokenIds"))
    pairs = [
        Outcome(clean_text(name, 80) or f"Outcome {number}", TokenId(token))
        for number, (name, token) in enumerate(zip(names, tokens, strict=False), 1)
        if isinstance(name, str) and isinstance(token, str) and _TOKEN.fullmatch(token)
    ]
    if len(pairs) != 2 or len(names) != 2 or pairs[0].token == pairs[1].token:
        raise WireSurprise("a market without two outcomes and their tokens", _name(data))
    return pairs[0], pairs[1]


def _category(data: Data, event: Data) -> str:
    named = text(event, "seriesSlug") or text(data, "category") or text(event, "category")
    tags = objects(event.get("tags"))
    return named or next((label for label in (text(tag, "label") for tag in tags) if label), "")


def _status(data: Data, event: Data) -> MarketStatus:
    """Tell where a market stands; only ACTIVE may be traded.

    Rows contradict themselves: closed ones still accept orders, games that ended stay active.
    """
    if flag(data, "closed"):
        is_settled = text(data, "umaResolutionStatus") == "resolved" or bool(_winners(data))
        return MarketStatus.RESOLVED if is_settled else MarketStatus.CLOSED
    if flag(event, "ended") or flag(data, "archived"):
        return MarketStatus.CLOSED
    if not flag(data, "active", default=True):
        return MarketStatus.UNOPENED
    takes_orders = flag(data, "acceptingOrders", "accepting_orders", default=True)
    has_book = flag(data, "enableOrderBook", "enable_order_book", default=True)
    return MarketStatus.ACTIVE if takes_orders and has_book else MarketStatus.PAUSED


def _winners(data: Data) -> list[str]:
    return [
        text(row, "outcome") for row in objects(data.get("tokens")) if row.get("winner") is True
    ]


def _result(data: Data, outcomes: tuple[Outcome, Outcome]) -> str:
    """Return the winner's name, "50-50" for a draw, "" while it is open."""
    winners = _winners(data)
    if winners:
        return winners[0]
    if not flag(data, "closed") or text(data, "umaResolutionStatus") != "resolved":
        return ""
    prices = sequence(data.get("outcomePrices"))
    if prices == ["0.5", "0.5"]:
        return "50-50"
    return outcomes[prices.index("1")].name if sorted(map(str, prices)) == ["0", "1"] else ""


def _tick(data: Data) -> Price:
    told = number(data, "orderPriceMinTickSize", "minimum_tick_size", "tick_size", "mts")
    step = fixed(told, 4, USUAL_TICK)
    if not 0 < step <= COARSEST_TICK or (told is not None and told.scaleb(4) != step):
        raise WireSurprise(f"no market has a tick of {told}", _name(data))
    return step


def _min_qty(data: Data) -> Qty:
    told = number(data, "orderMinSize", "minimum_order_size", "min_order_size", "mos")
    return max(1, fixed(told, 6, USUAL_MIN_QTY))


_TELLS_FEES = (
    "feesEnabled", "fees_enabled", "feeSchedule", "raw_fee_config", "fee_schedule",
    "takerBaseFee", "taker_base_fee",
)  # fmt: skip


def _fees(data: Data) -> FeeSchedule:
    """Return the fee; where one is charged and no rate is told, the usual highest but crypto's.

    Where nothing at all is told of fees, it is not known: that is not free.
    """
    told = data.get("fee_parameters")
    row: Data = told if isinstance(told, dict) else data
    rule = first(row, "feeSchedule", "raw_fee_config", "fee_schedule")
    is_charged = flag(row, "feesEnabled", "fees_enabled", default=isinstance(rule, dict))
    if not is_charged and not fixed(number(row, "taker_base_fee"), 0):
        return fees.FREE if any(key in row for key in _TELLS_FEES) else fees.UNKNOWN
    if isinstance(rule, dict):
        rate, power = number(rule, "rate"), number(rule, "exponent")
        try:
            return fees.schedule(
                str(rate),
                1 if power is None else float(power),
                taker_only=flag(rule, "takerOnly", "taker_only", default=True),
            )
        except ValueError as broken:
            raise WireSurprise(f"no such fee: {rate}", _name(data)) from broken
    kind = "crypto" if text(row, "feeType").startswith("crypto") else "other"
    return fees.schedule(str(fees.RATES_PPM[kind] / 1_000_000))


def _delay(data: Data) -> Ns:
    """Return how long a taker is held back: whole seconds, or the short delay of a mere flag."""
    told = fixed(number(data, "secondsDelay", "seconds_delay"), 0)
    seconds = min(max(told, 0), LONGEST_DELAY_S)
    return seconds * SECOND or (SHORT_DELAY if flag(data, "itode") else 0)


def _quote(data: Data, key: str, nothing: Price) -> Price:
    price = fixed(number(data, key), 4, nothing)
    return price if 0 < price < PRICE_ONE else nothing
