"""The CLOB's order endpoints: place one or many, cancel one, many, a market's or all, and beat."""

from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from pmterm.model.ids import Venue
from pmterm.model.units import Ns
from pmterm.sim import clob_refusals as no
from pmterm.sim.answers import answer
from pmterm.sim.clob_cancels import CancelClerk, Cancelled
from pmterm.sim.clob_desk import Desk, OrderClerk
from pmterm.sim.clob_heartbeats import BUFFER, LASTS, Heartbeats
from pmterm.sim.clob_mood import ClobMood
from pmterm.sim.clob_private import Call, Gate
from pmterm.sim.clob_refusals import ClobRefused
from pmterm.sim.clob_wire import WirePost
from pmterm.sim.exchange_orders import Why

MOST_ORDERS = 15
MOST_CANCELS = 1_000
_post = msgspec.json.Decoder(WirePost)
_posts = msgspec.json.Decoder(list[msgspec.Raw])
_ids = msgspec.json.Decoder(list[str])
_words = msgspec.json.Decoder(dict[str, str])


class TradingServer:
    """Answers as the CLOB does. `mood` and `heartbeats` are its own."""

    def __init__(self, desk: Desk, gate: Gate) -> None:
        self.mood = ClobMood()
        self.heartbeats = Heartbeats()
        self._desk = desk
        self._gate = gate
        self._orders = OrderClerk(desk)
        self._cancels = CancelClerk(desk)

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        place = self._gate.route
        cancel = partial(self._gate.route, "DELETE", is_cancel=True)
        return [
            place("POST", "/order", self._place, _one),
            place("POST", "/orders", self._place_many, _each),
            cancel("/order", self._cancel, _one),
            cancel("/orders", self._cancel_many, _each),
            cancel("/cancel-all", self._cancel_all, _one),
            cancel("/cancel-market-orders", self._cancel_market, _one),
            self._gate.route("POST", "/v1/heartbeats", self._beat),
            self._gate.route("POST", "/heartbeats", self._plain_beat),
        ]

    # ---- orders

    def _place(self, call: Call) -> Any:
        self.mood.check_order(call.now)
        return self._place_one(call, _decoded(_post, call.body, no.BAD_PAYLOAD))

    def _place_one(self, call: Call, post: WirePost) -> dict[str, object]:
        if not post.post_only:
            self.mood.check_taking(call.now)
        return self._orders.place(call.key, post, call.now)

    def _place_many(self, call: Call) -> Any:
        self.mood.check_order(call.now)
        legs = _decoded(_posts, call.body, no.BAD_PAYLOAD)
        if len(legs) > MOST_ORDERS:
            raise ClobRefused(no.too_many_orders(len(legs), MOST_ORDERS))
        return [self._place_leg(call, leg) for leg in legs]

    def _place_leg(self, call: Call, leg: msgspec.Raw) -> dict[str, object]:
        try:
            return self._place_one(call, _decoded(_post, leg, no.BAD_PAYLOAD))
        except ClobRefused as refused:  # a leg fails as a success with an error
            return {
                "success": True,
                "errorMsg": refused.text,
                "orderID": "",
                "status": "",
                "makingAmount": "",
                "takingAmount": "",
            }

    # ---- cancels

    def _cancel(self, call: Call) -> Any:
        self.mood.check_cancel(call.now)
        order_id = _decoded(_words, call.body, no.BAD_PAYLOAD).get("orderID", "")
        if not _is_order_id(order_id):
            raise ClobRefused(no.BAD_ORDER_ID)
        return self._cancels.cancel(call.account, [order_id], call.now)

    def _cancel_many(self, call: Call) -> Any:
        self.mood.check_cancel(call.now)
        ids = _decoded(_ids, call.body, no.BAD_PAYLOAD)
        if len(ids) > MOST_CANCELS:
            raise ClobRefused(no.too_many_cancels(MOST_CANCELS))
        if not all(_is_order_id(order_id) for order_id in ids):
            raise ClobRefused(no.BAD_ORDER_ID)
        return self._cancels.cancel(call.account, list(dict.fromkeys(ids)), call.now)

    def _cancel_all(self, call: Call) -> Any:
        self.mood.check_cancel(call.now)
        return self._charged(call, self._cancels.cancel_where(call.account, call.now))

    def _cancel_market(self, call: Call) -> Any:
        self.mood.check_cancel(call.now)
        asked = _decoded(_words, call.body, no.BAD_PAYLOAD)
        market, token = asked.get("market", ""), asked.get("asset_id", "")
        if not market and not token:
            raise ClobRefused(no.BAD_PAYLOAD)
        done = self._cancels.cancel_where(call.account, call.now, market=market, token=token)
        return self._charged(call, done)

    def _charged(self, call: Call, done: Cancelled) -> Any:
        self._gate.limits_of(call.key.address).charge(len(done["canceled"]), call.now)
        return done

    # ---- the dead-man switch

    def _beat(self, call: Call) -> Any:
        sent = _decoded(_words, call.body, no.BAD_PAYLOAD).get("heartbeat_id", "")
        is_taken, heartbeat_id = self.heartbeats.beat(call.account, sent, call.now)
        if not is_taken:
            return answer({"error_msg": no.BAD_BEAT, "heartbeat_id": heartbeat_id}, 400)
        self._watch(call.now)
        return {"heartbeat_id": heartbeat_id}

    def _plain_beat(self, call: Call) -> Any:
        self.heartbeats.plain_beat(call.account, call.now)
        self._watch(call.now)
        return {"status": "ok"}

    def _watch(self, now: Ns) -> None:
        self._desk.exchange.call_at(now + LASTS + BUFFER, self._cancel_silent)

    def _cancel_silent(self, now: Ns) -> None:
        for account in self.heartbeats.missed(now):
            self._desk.exchange.cancel_all(
                now, account=account, venue=Venue.POLYMARKET, why=Why.HEARTBEAT
            )


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes | msgspec.Raw, error: str) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        raise ClobRefused(error) from None


def _one(_: Call) -> int:
    return 1


def _each(call: Call) -> int:
    """Count what a batch asks for; one that cannot be read costs 1."""
    try:
        return max(1, len(_posts.decode(call.body)))
    except (msgspec.MsgspecError, RecursionError):
        return 1


def _is_order_id(text: str) -> bool:
    return len(text) == 66 and text.startswith("0x") and all(c in _HEX for c in text[2:])


_HEX = frozenset("0123456789abcdefABCDEF")
