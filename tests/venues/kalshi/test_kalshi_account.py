"""Lists of our own things, money, keys, limits, groups, the exchange's state; and proofs."""

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.venues.kalshi.talk import A, B, kinds
from tests.venues.kalshi.trader import NOW, THEIRS, THEIRS_2, Trader, row

from pmterm.messages.health import Surprised
from pmterm.messages.said import (
    GroupSeen,
    HoldingSeen,
    ListEnded,
    ListKind,
    MoneySeen,
    MoodSeen,
    OrderSeen,
    VenueMood,
)
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import VenueRefused
from pmterm.model.ids import Venue
from pmterm.model.order import OrderState
from pmterm.model.units import MS, QTY_ONE, SECOND
from pmterm.venues.kalshi import account, exchange
from pmterm.venues.kalshi.auth import load_key
from pmterm.venues.kalshi.bodies import House
from pmterm.venues.kalshi.proof import KalshiProof

K = Venue.KALSHI


def first(requests) -> HttpRequest:
    (request,) = requests
    return request


# --- lists


def test_the_recorded_orders_are_read(stored):
    case = stored("orders_list_demo_2026-06-11.json")
    trader = Trader()
    request = first(trader.orders.list_orders(trader.at))
    assert request.path == "/portfolio/orders?status=resting&limit=1000"
    said = trader.answer(request, case["status"], case["body"])
    states = [m.state for m in said[:-1]]
    assert states == [OrderState.FILLED, OrderState.CANCELLED, OrderState.FILLED]
    assert said[0].price == 9_900
    assert said[-1] == ListEnded(trader.at, K, ListKind.ORDERS, NOW)


def test_the_recorded_fills_are_read(stored):
    case = stored("fills_demo_2026-06-11.json")
    trader = Trader()
    request = first(trader.orders.list_fills(NOW + 999, trader.at))
    assert request.path == f"/portfolio/fills?min_ts={NOW // SECOND}&limit=1000"
    *fills, end = trader.answer(request, case["status"], case["body"])
    assert [(f.price, f.qty, f.fee) for f in fills] == [
        (5_200, QTY_ONE, 17_500),
        (9_900, QTY_ONE, 700),
        (9_900, QTY_ONE, 700),
    ]
    assert fills[0].trade == "f4a42159-b500-57c6-efa2-c31d94d916c1"
    assert fills[0].venue_at == 1_781_159_370_164_956_000
    assert end.is_whole


def test_the_recorded_positions_are_read(stored):
    case = stored("positions_demo_2026-06-11.json")
    trader = Trader()
    request = first(trader.orders.list_holdings([], trader.at))
    yes, no, end = trader.answer(request, case["status"], case["body"])
    assert isinstance(yes, HoldingSeen)
    assert (yes.qty, yes.average, no.qty) == (3 * QTY_ONE, 8_333, 0)
    assert end.kind is ListKind.HOLDINGS
    mine = Trader(House(subaccount=4)).orders.list_holdings([], 5)
    assert "subaccount=4" in first(mine).path


def test_a_list_ends_with_its_last_page_and_tells_when_it_was_asked_for():
    trader = Trader()
    request = first(trader.orders.list_orders(trader.at))
    seen, second = trader.answer(request, 200, {"orders": [row()], "cursor": "c2"})
    assert isinstance(seen, OrderSeen)
    assert second.path.endswith("&cursor=c2")
    assert second.purpose == f"orders:{NOW} 2"
    _, end = trader.answer(second, 200, {"orders": [row(THEIRS_2)], "cursor": ""})
    assert end == ListEnded(trader.at, K, ListKind.ORDERS, NOW)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {}),
        (0, "timeout"),
        (200, "<html>"),
        (200, {}),
        (200, {"orders": "x"}),
        (200, {"orders": [row(status="pending")]}),
        (200, {"orders": [5]}),
        (200, {"orders": [], "cursor": 7}),
    ],
)
def test_f30_a_list_with_a_flaw_is_not_whole(status, body):
    trader = Trader()
    said = trader.answer(first(trader.orders.list_orders(trader.at)), status, body)
    assert isinstance(said[-1], ListEnded)
    assert said[-1].is_whole is False
    assert said[-1].reason


def test_f30_a_flaw_on_an_early_page_is_not_forgotten():
    trader = Trader()
    body = {"orders": [row(fill_count_fp=None)], "cursor": "c2"}
    surprise, second = trader.answer(first(trader.orders.list_orders(trader.at)), 200, body)
    assert isinstance(surprise, Surprised)
    *_, end = trader.answer(second, 200, {"orders": [row()], "cursor": ""})
    assert end.is_whole is False


def test_pages_that_go_round_end_the_list_unwhole():
    trader = Trader()
    request = first(trader.orders.list_orders(trader.at))
    (second,) = trader.answer(request, 200, {"orders": [], "cursor": "c2"})
    (end,) = trader.answer(second, 200, {"orders": [], "cursor": "c2"})
    assert end.is_whole is False


def test_null_is_an_empty_list():
    trader = Trader()
    (end,) = trader.answer(first(trader.orders.list_orders(trader.at)), 200, {"orders": None})
    assert end.is_whole


def test_rows_of_another_sub_account_are_left_out():
    trader = Trader(House(subaccount=2))
    rows = [row(), row(THEIRS_2, subaccount_number=2)]
    said = trader.answer(first(trader.orders.list_orders(trader.at)), 200, {"orders": rows})
    assert [m.venue_order for m in said[:-1]] == [THEIRS_2]


# --- money and moods


def test_money_is_read_by_its_decimal_text_and_by_shard(stored):
    case = stored("balance_demo_2026-06-11.json")
    trader = Trader()
    request = first(trader.orders.ask_money(trader.at))
    assert (request.path, request.auth) == ("/portfolio/balance", "key")
    said = trader.answer(request, case["status"], case["body"])
    assert said == [MoneySeen(trader.at, K, 98_018_600, purses=((0, 98_018_600),))]
    money = account.money_in(case["body"])
    assert (money.on(0), money.on(3)) == (98_018_600, 0)
    assert account.Money(5).on(3) is None


@pytest.mark.parametrize("body", ["", {}, {"balance": 9801}, {"balance_dollars": "a lot"}])
def test_money_that_cannot_be_read_is_not_none(body):
    trader = Trader()
    said = trader.answer(first(trader.orders.ask_money(trader.at)), 200, body)
    assert kinds(said) == ["Surprised"]


def status(trader: Trader, body: dict, code: int = 200):
    (request,) = [m for m in trader.orders.tick(trader.at) if isinstance(m, HttpRequest)]
    assert (request.path, request.auth) == ("/exchange/status", "open")
    return trader.answer(request, code, body)


def test_the_exchanges_state_is_asked_for_and_told_when_it_changes():
    trader = Trader()
    up = {"exchange_active": True, "trading_active": True, "exchange_estimated_resume_time": None}
    assert [m.mood for m in status(trader, up)] == [VenueMood.OPEN]
    assert trader.orders.tick(trader.at) == []
    trader.at += 9 * SECOND
    assert trader.orders.tick(trader.at) == []
    trader.at += 1 * SECOND
    assert status(trader, up) == []
    trader.at += 10 * SECOND
    paused = {**up, "trading_active": False, "exchange_estimated_resume_time": _in(trader, 90)}
    (said,) = status(trader, paused, 503)
    assert (said.mood, said.for_s) == (VenueMood.CANCEL_ONLY, 89)
    trader.at += 11 * SECOND
    unknown = {**paused, "exchange_estimated_resume_time": None}
    (said,) = status(trader, unknown)  # said again, or a round that can read would end it
    assert (said.mood, said.for_s) == (VenueMood.CANCEL_ONLY, 15)
    trader.at += 11 * SECOND
    assert [m.mood for m in status(trader, up)] == [VenueMood.OPEN]


def _in(trader: Trader, seconds: int) -> str:
    moment = datetime.fromtimestamp(trader.at // SECOND + seconds, UTC)
    return moment.isoformat().replace("+00:00", "Z")


def test_the_state_that_counts_is_that_of_the_shards_in_use():
    row_of = {"exchange_index": 3, "exchange_active": False, "trading_active": False}
    body = {"exchange_active": True, "trading_active": True, "exchange_index_statuses": [row_of]}
    assert [m.mood for m in status(Trader(shard=3), body)] == [VenueMood.CLOSED]
    assert [m.mood for m in status(Trader(shard=1), body)] == [VenueMood.OPEN]


def test_a_key_that_works_again_is_told():
    trader = Trader()
    request = first(trader.orders.ask_money(trader.at))
    refused = trader.answer(request, 401, {"error": {"code": "header_timestamp_expired"}})
    assert kinds(refused) == ["Surprised", "MoodSeen"]
    up = {"exchange_active": True, "trading_active": True}
    assert status(trader, up) == []  # anybody gets that answer
    said = trader.answer(request, 200, {"balance_dollars": "1.00"})
    assert isinstance(said[-1], MoodSeen)
    assert said[-1].mood is VenueMood.OPEN


@pytest.mark.parametrize("body", [{}, {"exchange_active": "yes"}, "<html>", {"error": "x"}])
def test_a_state_that_cannot_be_read_changes_nothing(body):
    assert status(Trader(), body) == []


def test_the_schedule_knows_the_weekly_maintenance_in_eastern_time():
    # 2026-11-19 is a Thursday, in winter time; 2026-07-16 one in summer time.
    day = [{"open_time": "00:00", "close_time": "00:00"}]
    split = [
        {"open_time": "00:00", "close_time": "03:00"},
        {"open_time": "05:00", "close_time": "00:00"},
    ]
    days = ("monday", "tuesday", "wednesday", "friday", "saturday", "sunday")
    week = {**dict.fromkeys(days, day), "thursday": split}
    times = {"start_time": "2024-12-01T00:00:00Z", "end_time": "2200-12-01T00:00:00Z"}
    window = {"start_datetime": "2026-11-20T00:00:00Z", "end_datetime": "2026-11-20T01:00:00Z"}
    body = {"schedule": {"standard_hours": [{**times, **week}], "maintenance_windows": [window]}}
    told = exchange.schedule_in(body)
    winter, summer = 1_795_046_400 * SECOND, 1_784_160_000 * SECOND  # midnights UTC
    hour = 3_600 * SECOND
    assert [told.is_open(winter + h * hour) for h in (7, 8, 9, 10)] == [True, False, False, True]
    assert [told.is_open(summer + h * hour) for h in (6, 7, 8, 9)] == [True, False, False, True]
    assert told.is_open(winter + 24 * hour) is False
    assert told.is_open(winter + 25 * hour) is True
    assert told.is_open(5) is False


# --- keys, limits, settlements, queues


def test_keys_tell_scopes_sub_account_and_region():
    body = {
        "api_keys": [
            {"api_key_id": "k1", "name": "n", "scopes": ["read", "write"]},
            {
                "api_key_id": "k2",
                "name": "n",
                "scopes": ["read"],
                "subaccount": 3,
                "api_key_region_expiration_ts": 1_800_000_000,
            },
            {"api_key_id": "k3", "name": "n", "scopes": ["write::transfer"]},
        ],
        "api_key_region_expiration_ts": 1_790_000_000,
    }
    whole, reads, moves = account.keys_in(body)
    assert (whole.may_trade, whole.subaccount) == (True, -1)
    assert whole.region_until == 1_790_000_000 * SECOND
    assert (reads.may_trade, reads.may_read, reads.subaccount) == (False, True, 3)
    assert reads.region_until == 1_800_000_000 * SECOND
    assert moves.may_trade is False
    assert account.ask_keys(5).path == "/api_keys"


def test_limits_are_read():
    body = {
        "grants": [],
        "read": {"bucket_capacity": 400, "refill_rate": 200},
        "usage_tier": "basic",
        "write": {"bucket_capacity": 100, "refill_rate": 100},
    }
    limits = account.limits_in(body)
    assert (limits.tier, limits.write) == ("basic", account.Budget(100, 100))
    with pytest.raises(ValueError, match="refill_rate"):
        account.limits_in({"usage_tier": "basic"})


def test_the_recorded_settlements_are_read(stored):
    settled = account.settlements_in(stored("settlements_2026-08.json"))
    assert len(settled) == 12
    lost, won, no = settled[0], settled[5], settled[11]
    assert (lost.profit, lost.payout) == (-426_900, 0)
    assert (won.revenue, won.payout, won.profit) == (15_000_000, 10_000, 3_697_900)
    assert (no.no, no.payout, no.profit) == (10 * QTY_ONE, 0, 8_305_900)


def test_places_in_line_are_read():
    rows = [{"order_id": THEIRS, "market_ticker": A, "queue_position_fp": "0.00"}]
    assert account.queues_in({"queue_positions": rows}) == {THEIRS: 0}
    path = account.ask_queues([A, B], 5).path
    assert path == f"/portfolio/orders/queue_positions?market_tickers={A}%2C{B}"
    path = account.ask_queues([A], 5, subaccount=3).path
    assert path == f"/portfolio/orders/queue_positions?market_tickers={A}&subaccount=3"


@pytest.mark.parametrize(("ahead_s", "skew_s"), [(0, 0), (30, 30), (-60, -60)])
def test_the_clocks_skew_is_halfway_between_asking_and_answer(ahead_s, skew_s):
    true = NOW + SECOND // 2
    ours = true + ahead_s * SECOND
    response = HttpResponse(
        ours + 100 * MS, K, "GET", "/x", 200, "", sent_at=ours - 100 * MS, venue_at=NOW
    )
    assert account.skew_of(response) == skew_s * SECOND
    assert account.skew_of(HttpResponse(NOW, K, "GET", "/x", 200, "")) is None


# --- groups


def test_a_group_made_on_a_shard_takes_its_orders_and_a_trigger_stops_them():
    trader = Trader(shard=2)
    request = trader.orders.groups.create(100 * QTY_ONE, 2, trader.at)
    assert (request.method, request.path) == ("POST", "/portfolio/order_groups/create")
    assert json.loads(request.body) == {"contracts_limit_fp": "100.00", "exchange_index": 2}
    made = {"order_group_id": "g-1", "subaccount": 0, "exchange_index": 2}
    assert trader.answer(request, 201, made) == [GroupSeen(trader.at, K, "g-1", "created")]
    assert json.loads(trader.place().body)["order_group_id"] == "g-1"
    trigger = first(trader.orders.stop(trader.at))
    assert (trigger.method, trigger.body, trigger.priority) == ("PUT", "{}", 0)
    assert trigger.path == "/portfolio/order_groups/g-1/trigger"
    (said,) = trader.answer(trigger, 200, {})
    assert (said.group, said.step, said.is_done) == ("g-1", "triggered", True)
    assert trader.orders.stop(trader.at) == []


def test_a_group_of_another_shard_does_not_hold_an_order():
    trader = Trader(shard=2)
    trader.orders.groups.use("g-0", 0)
    assert "order_group_id" not in json.loads(trader.place().body)


@pytest.mark.parametrize(
    ("code", "body", "is_done"),
    [(404, {"error": {"code": "not_found"}}, False), (502, "<html>", None), (429, {}, None)],
)
def test_a_trigger_that_is_not_confirmed_is_not_done(code, body, is_done):
    trader = Trader()
    trader.orders.groups.use("g-1")
    said = trader.answer(first(trader.orders.stop(trader.at)), code, body)
    assert said[0].is_done is is_done
    assert said[0].reason


def groups_asked_for(trader: Trader, after: int = 0) -> list[HttpRequest]:
    trader.at += after * SECOND
    asked = trader.orders.tick(trader.at)
    return [m for m in asked if isinstance(m, HttpRequest) and m.purpose.startswith("group:")]


def test_groups_are_made_where_the_house_wants_them_and_anew_after_a_stop():
    trader = Trader(House(group_contracts=50 * QTY_ONE), shard=1)
    (request,) = groups_asked_for(trader)
    assert request.purpose == "group:create 1"
    assert groups_asked_for(trader) == []
    trader.answer(request, 201, {"order_group_id": "g-1"})
    trader.at += 60 * SECOND
    assert groups_asked_for(trader) == []
    assert json.loads(trader.place().body)["order_group_id"] == "g-1"
    trigger = first(trader.orders.stop(trader.at))
    trader.answer(trigger, 0, "reset")
    again = first(trader.orders.stop(trader.at))
    assert again.path == trigger.path
    trader.answer(again, 0, "reset")
    asked = groups_asked_for(trader, 2)
    assert [r.purpose for r in asked] == ["group:create 1", "group:trigger g-1"]
    trader.answer(asked[1], 200, {})
    trader.answer(asked[0], 201, {"order_group_id": "g-2"})
    assert json.loads(trader.place().body)["order_group_id"] == "g-2"
    assert groups_asked_for(trader, 60) == []
    assert groups_asked_for(Trader()) == []


def test_a_group_that_the_venue_triggered_is_told_and_kept():
    trader = Trader()
    trader.open()
    trader.orders.groups.use("g-1")
    msg = {"event_type": "triggered", "order_group_id": "g-1", "ts_ms": 1}
    said = trader.hear({"type": "order_group_updates", "sid": 4, "seq": 1, "msg": msg})
    assert kinds(said) == ["GroupSeen", "Noticed"]
    assert json.loads(trader.place().body)["order_group_id"] == "g-1"
    reset = first(trader.orders.groups.reset(trader.at))
    assert reset.path == "/portfolio/order_groups/g-1/reset"
    trader.orders.stop(trader.at)
    said = trader.hear({"type": "order_group_updates", "sid": 4, "seq": 2, "msg": msg})
    assert kinds(said) == ["GroupSeen"]


def test_a_deleted_group_takes_no_more_orders():
    trader = Trader()
    trader.orders.groups.use("g-1")
    request = trader.orders.groups.delete("g-1", trader.at)
    assert request.method == "DELETE"
    trader.answer(request, 200, {})
    assert trader.orders.stop(trader.at) == []


def test_a_groups_limit_has_bounds():
    groups = Trader().orders.groups
    assert json.loads(groups.limit("g", 5 * QTY_ONE, 1).body) == {"contracts_limit_fp": "5.00"}
    for wrong in (0, QTY_ONE - 1, 1_000_001 * QTY_ONE):
        with pytest.raises(VenueRefused, match="limit"):
            groups.create(wrong, 0, 1)


# --- proof


@pytest.fixture
def proof(stored) -> tuple[KalshiProof, dict]:
    vectors = stored("signing_vectors.json")["ed25519"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vectors["seed_hex"]))
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return KalshiProof(load_key(pem), "key-1"), vectors


def test_the_whole_path_is_signed_and_its_query_is_not(proof):
    made, vectors = proof
    vector = vectors["vectors"][0]
    path = vector["pre_sign_text"].partition("/trade-api/v2")[2]
    request = HttpRequest(5, K, "api", "GET", f"{path}?subaccount=1", auth="key")
    at = int(vector["pre_sign_text"][:13]) * MS
    assert made.headers(request, at)["KALSHI-ACCESS-SIGNATURE"] == vector["signature_b64"]


def test_the_handshake_is_signed_for_the_streams_path(proof):
    made, vectors = proof
    seed = bytes.fromhex(vectors["seed_hex"])
    signature = base64.b64decode(made.handshake(NOW)["KALSHI-ACCESS-SIGNATURE"])
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    public.verify(signature, f"{NOW // MS}GET/trade-api/ws/v2".encode())
    assert made.greeting() == ""


def test_what_needs_no_proof_gets_none(proof):
    made, _ = proof
    assert made.headers(HttpRequest(5, K, "api", "GET", "/exchange/status"), 5) == {}


def test_headers_signed_ahead_are_an_orders_own_once_and_for_a_second(proof):
    made, vectors = proof
    public = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vectors["seed_hex"])).public_key()
    order = HttpRequest(5, K, "api", "POST", "/portfolio/events/orders", "{}", auth="key")
    cancel = HttpRequest(5, K, "api", "DELETE", "/portfolio/events/orders/1", auth="key")

    def signed_at(request, at):
        """Return the time that was signed, in ms after NOW."""
        told = made.headers(request, at)
        stamp = told["KALSHI-ACCESS-TIMESTAMP"]
        text = f"{stamp}{request.method}/trade-api/v2{request.path}"
        public.verify(base64.b64decode(told["KALSHI-ACCESS-SIGNATURE"]), text.encode())
        return int(stamp) - NOW // MS

    made.sign_ahead(NOW)
    assert signed_at(cancel, NOW + 900 * MS) == 900
    assert signed_at(order, NOW + 900 * MS) == 0
    assert signed_at(order, NOW + 950 * MS) == 950
    made.sign_ahead(NOW)
    assert signed_at(order, NOW + 1_001 * MS) == 1_001
    made.sign_ahead(NOW)
    assert signed_at(order, NOW - 1 * MS) == -1  # the clock was set back


def test_a_proof_shows_no_secret(proof):
    made, vectors = proof
    assert repr(made) == "KalshiProof(Ed25519)"
    assert vectors["seed_hex"] not in repr(vars(made))


# --- anything


verbs = ["place", "amend", "cancel", "look", "orders", "fills", "holdings", "money", "status"]
bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just(THEIRS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["order", "orders", "error", "order_id", "cursor", "code", "reduced_by", *row()]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=10,
)


@given(st.sampled_from([*verbs, "group:trigger"]), st.integers(0, 599), bodies | st.text())
def test_no_answer_raises(verb, code, body):
    trader = Trader()
    trader.place()
    request = {
        "place": trader.place,
        "cancel": lambda: first(trader.orders.withdraw_all(trader.at)),
        "orders": lambda: first(trader.orders.list_orders(trader.at)),
        "fills": lambda: first(trader.orders.list_fills(0, trader.at)),
        "holdings": lambda: first(trader.orders.list_holdings([], trader.at)),
    }.get(verb, lambda: HttpRequest(5, K, "api", "GET", "/x", purpose=f"{verb}:live-1"))()
    trader.answer(request, code, body)


@given(st.dictionaries(st.sampled_from(sorted(row())), bodies, max_size=4))
def test_f46_no_row_raises_and_none_passes_with_a_made_up_price(fields):
    trader = Trader()
    request = first(trader.orders.list_orders(trader.at))
    *said, end = trader.answer(request, 200, {"orders": [row(**fields)], "cursor": ""})
    assert isinstance(end, ListEnded)
    assert end.is_whole == (not any(isinstance(m, Surprised) for m in said))
    for seen in said:
        if isinstance(seen, OrderSeen):
            assert 0 < seen.price < 10_000
            assert 0 <= seen.filled <= seen.qty
