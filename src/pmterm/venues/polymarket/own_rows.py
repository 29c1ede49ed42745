"""The account's orders and trades as the venue writes them, on the stream and in lists alike.

Whatever does not fit raises ValueError, never a default. Sources: Polymarket docs, user channel and
orders, read 2026-08; captures of 2024-09 to 2026-03; nautilus_trader issues 3126, 3345 and 3450.
"""

import re
from collections.abc import Iterator
from typing import Final

from pmterm.messages.said import FillSeen, OrderSeen
from pmterm.model.ids import MarketId, VenueOrderId
from pmterm.model.order import FillState, OrderState, Side
from pmterm.model.text import clean_text
from pmterm.model.units import MS, PRICE_ONE, SECOND, Ns, Price, Qty, parse_price, parse_qty
from pmterm.venues.polymarket.answers import VENUE
from pmterm.venues.polymarket.known import Known, Me, Seat
from pmterm.venues.polymarket.loose import Data, number, objects

NOT_TOLD: Final = -1
_HEX = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
_TOKEN = re.compile(r"[0-9]{1,78}", re.ASCII)
_NAME = re.compile(r"[0-9a-zA-Z_-]{1,80}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)
_UNITS: Final = (  # a number below this is told in that unit; they do not meet before 5138
    (10**11, SECOND),
    (10**14, MS),
    (10**17, 1_000),
    (9 * 10**18, 1),
)
_EARLIEST: Ns = 10**18  # 2001: no time of an order
_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
_FILL_STATES: Final = {
    "MATCHED": FillState.MATCHED,
    "MATCHED_NOT_BROADCASTED": FillState.MATCHED,
    "MINED": FillState.MINED,
    "CONFIRMED": FillState.CONFIRMED,
    "RETRYING": FillState.RETRYING,
    "FAILED": FillState.FAILED,
}
_WORKING: Final = frozenset({"LIVE", "MATCHED"})


def order_seen(row: Data, known: Known, at: Ns) -> OrderSeen:
    """Return an order of the account, on the YES scale.

    Raises:
        ValueError: it does not fit what we know of such rows.
        MarketUnheard: its market has to be asked for first.
    """
    seat = _seat(row, known)
    side, price = _on_yes(seat, _side(row.get("side")), _price(row.get("price")))
    qty = _qty(row, "original_size")
    filled = _qty(row, "size_matched") if _is_told(row, "size_matched") else NOT_TOLD
    status = _status(row)
    state = _order_state(_text(row, "type"), status, qty, filled)
    return OrderSeen(
        at,
        VENUE,
        order_id(row, "id"),
        seat.market,
        seat.outcome,
        side,
        price,
        qty,
        filled,
        state,
        reason=_reason(status) if state.is_final else "",
        venue_at=_moment(row, "timestamp", "created_at"),
    )


def fills_seen(row: Data, known: Known, me: Me, at: Ns) -> list[FillSeen]:
    """Return what of a trade is ours: as taker, as maker with one or several orders, or both.

    Raises:
        ValueError: it does not fit, or nothing in it is ours.
        MarketUnheard: its market has to be asked for first.
    """
    state = _FILL_STATES.get(_status(row))
    if state is None:
        msg = f"no such state of a trade: {_status(row)[:40]!r}"
        raise ValueError(msg)
    reader = _Trade(row, known, me, at, state)
    fills = [*reader.as_taker(), *reader.as_maker()]
    if not fills:
        msg = "a trade without a part of ours"
        raise ValueError(msg)
    return fills


class _Trade:
    """Reads one trade; everything in it is of one market and one state."""

    def __init__(self, row: Data, known: Known, me: Me, at: Ns, state: FillState) -> None:
        self._row, self._known, self._me, self._at, self._state = row, known, me, at, state
        self._id = _match(row, "id", _NAME)
        self._venue_at = _moment(row, "match_time", "matchtime", "timestamp", "last_update")
        makers = row.get("maker_orders")
        self._makers = objects(makers)
        if makers is not None and (
            not isinstance(makers, list) or len(self._makers) != len(makers)
        ):
            msg = "maker orders are no list of objects"
            raise ValueError(msg)

    def as_taker(self) -> Iterator[FillSeen]:
        """Give what our own taking order traded: one fill, or one per price it traded at."""
        row = self._row
        is_ours = row.get("trader_side") == "TAKER" or self._me.is_in(
            row.get("owner"), row.get("maker_address")
        )
        if not is_ours:
            return
        order = order_id(row, "taker_order_id")
        seat, side = _seat(row, self._known), _side(row.get("side"))
        size = _qty(row, "size")
        parts = self._by_price()
        if len(parts) < 2 or sum(parts.values()) != size:
            side, price = _on_yes(seat, side, _fine_price(row.get("price"), side))
            yield self._fill(order, seat, (side, price, size), is_maker=False)
            return
        side, _ = _on_yes(seat, side, 0)
        for price, qty in sorted(parts.items()):
            yield self._fill(order, seat, (side, price, qty), is_maker=False, mark=f"@{price}")

    def _by_price(self) -> dict[Price, Qty]:
        """Return how much traded at each price: a taker trades at its makers' prices."""
        parts: dict[Price, Qty] = {}
        for maker in self._makers:
            seat = self._known.seat(_match(maker, "asset_id", _TOKEN), self._market())
            told = _price(maker.get("price"))
            price = PRICE_ONE - told if seat.outcome else told
            parts[price] = parts.get(price, 0) + _qty(maker, "matched_amount")
        return parts

    def as_maker(self) -> Iterator[FillSeen]:
        """Give what our resting orders traded; an order that stands twice in it counts once."""
        found: dict[VenueOrderId, FillSeen] = {}
        for maker in self._makers:
            if not self._me.is_in(maker.get("owner"), maker.get("maker_address")):
                continue
            order = order_id(maker, "order_id")
            seat = self._known.seat(_match(maker, "asset_id", _TOKEN), self._market())
            side, price = _on_yes(seat, self._maker_side(maker), _price(maker.get("price")))
            qty = _qty(maker, "matched_amount")
            if order in found:
                qty += found[order].qty
            found[order] = self._fill(order, seat, (side, price, qty), is_maker=True)
        yield from found.values()

    def _maker_side(self, maker: Data) -> Side:
        """Return a maker's side; where it is not told, it follows from the taker's.

        Against a maker of the same token the taker trades the other way; a maker of the other
        outcome goes the same way (both buy, and shares are minted, or both sell).
        """
        if _is_told(maker, "side"):
            return _side(maker.get("side"))
        taker = _side(self._row.get("side"))
        is_same = maker.get("asset_id") == self._row.get("asset_id")
        return taker.other if is_same else taker

    def _market(self) -> MarketId:
        return MarketId(_match(self._row, "market", _HEX))

    def _fill(
        self,
        order: VenueOrderId,
        seat: Seat,
        deal: tuple[Side, Price, Qty],
        *,
        is_maker: bool,
        mark: str = "",
    ) -> FillSeen:
        side, price, qty = deal
        if not qty:
            msg = "a trade of nothing"
            raise ValueError(msg)
        return FillSeen(
            self._at,
            VENUE,
            self._id + mark,
            order,
            seat.market,
            seat.outcome,
            side,
            price,
            qty,
            NOT_TOLD,
            is_maker,
            self._state,
            self._venue_at,
        )


def _order_state(kind: str, status: str, qty: Qty, filled: Qty) -> OrderState:
    """Decide by the kind of event, then by the status; lists have no kind."""
    if kind not in {"", "PLACEMENT", "UPDATE", "CANCELLATION"}:
        msg = f"no such order event: {kind[:40]!r}"
        raise ValueError(msg)
    if kind == "CANCELLATION" or status.startswith(("CANCEL", "INVALID", "UNMATCHED")):
        is_expiry = "EXPIRED" in status or "TIMED_OUT" in status
        return OrderState.EXPIRED if is_expiry else OrderState.CANCELLED
    if status == "DELAYED":
        return OrderState.SENT
    if status not in _WORKING:
        msg = f"no such status of an order: {status[:40]!r}"
        raise ValueError(msg)
    if filled >= qty > 0:
        return OrderState.FILLED
    return OrderState.PARTIAL if filled > 0 else OrderState.OPEN


def _reason(status: str) -> str:
    """Return why an order ended, out of a status like `CANCELED_NOT_ENOUGH_BALANCE`."""
    if status == "INVALID":
        return "the venue cancelled it: it was no longer valid, as when a game starts"
    rest = status.removeprefix("CANCELED").removeprefix("_")
    return clean_text(rest.replace("_", " ").lower() if rest.isupper() else rest, 160)


def order_id(row: Data, key: str) -> VenueOrderId:
    """Return an order's id: 0x and hex digits.

    Raises:
        ValueError: it is none.
    """
    return VenueOrderId(_match(row, key, _HEX).lower())


def _seat(row: Data, known: Known) -> Seat:
    return known.seat(_match(row, "asset_id", _TOKEN), MarketId(_match(row, "market", _HEX)))


def _on_yes(seat: Seat, side: Side, price: Price) -> tuple[Side, Price]:
    return (side.other, PRICE_ONE - price) if seat.outcome else (side, price)


def _match(row: Data, key: str, pattern: re.Pattern[str]) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        msg = f"{key} is not what it should be"
        raise ValueError(msg)
    return value


def _is_told(row: Data, key: str) -> bool:
    value = row.get(key)
    return value is not None and value != ""


def _text(row: Data, key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


def _status(row: Data) -> str:
    status = _text(row, "status")
    return status.removeprefix("ORDER_STATUS_").removeprefix("TRADE_STATUS_")


def _side(told: object) -> Side:
    side = _SIDES.get(told) if isinstance(told, str) else None
    if side is None:
        msg = f"no such side: {str(told)[:20]!r}"
        raise ValueError(msg)
    return side


def _price(told: object) -> Price:
    price = parse_price(told if isinstance(told, str) else "")
    if not 0 < price < PRICE_ONE:
        msg = f"no order can stand at {str(told)[:20]!r}"
        raise ValueError(msg)
    return price


def _fine_price(told: object, side: Side) -> Price:
    """Read a price that may be an average, finer than our grid: then rounded against us."""
    value = number({"price": told}, "price") if isinstance(told, str) else None
    if value is None or not 0 < value < 1:
        msg = f"no trade can be at {str(told)[:20]!r}"
        raise ValueError(msg)
    scaled = value.scaleb(4)
    down = int(scaled)
    price = down + 1 if side is Side.BUY and scaled != down else down
    return min(max(price, 1), PRICE_ONE - 1)


def _qty(row: Data, key: str) -> Qty:
    value = row.get(key)
    return parse_qty(value if isinstance(value, str) else "")


def _moment(row: Data, *keys: str) -> Ns:
    """Return the first of these times that is told, in a unit told by its magnitude; 0 if none."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            at = next((value * unit for below, unit in _UNITS if value < below), 0)
            return at if at >= _EARLIEST else 0
    return 0
