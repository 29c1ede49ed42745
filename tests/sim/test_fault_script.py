"""Fault scripts: what they say, when their rules act, and how a wrong one is refused."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web

from pmterm.model.ids import Venue
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.runtime.clock import FakeClock
from pmterm.sim.accounts import KALSHI_PURSE, POLYMARKET_PURSE, TestAccount
from pmterm.sim.client import Client
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import ExchangeOrder, Standing
from pmterm.sim.fault_actions import DownTime, FaultPlayer
from pmterm.sim.fault_script import Do, FaultScript, OrderPattern, Rule, ScriptWrong, load
from pmterm.sim.faults import Faults, no_faults
from pmterm.sim.quiet import QuietWorld, kalshi_listing, polymarket_listing

NOW = 1_790_000_000 * SECOND
MARKET = polymarket_listing("a").market
KALSHI, POLYMARKET = Venue.KALSHI, Venue.POLYMARKET


class Venues(DownTime):
    """Notes what a script does to it."""

    def __init__(self):
        super().__init__()
        self.heard = []

    def fail_trades(self, trades):
        self.heard.append(trades)


class Small:
    """The smallest exchange with a door: `POST /order` places, `GET /order` looks."""

    def __init__(self, *rules):
        self.clock = FakeClock(NOW)
        self.exchange = Exchange(QuietWorld([polymarket_listing("a"), kalshi_listing()]))
        cash = {POLYMARKET_PURSE: 100 * CASH_ONE, KALSHI_PURSE: 100 * CASH_ONE}
        self.exchange.open_account(NOW, TestAccount(account_id="ann", cash=cash))
        self.switches = no_faults()
        self.script = FaultScript(rules)
        self.dialect = Venues()
        self.streams = []
        self.player = FaultPlayer(
            self.script,
            self.exchange,
            self.clock,
            switches=self.switches,
            clients=lambda _: self.streams,
            dialects=dict.fromkeys(Venue, self.dialect),
        )
        self.player.start(NOW)

    async def __aenter__(self):
        @web.middleware
        async def spoil(request, handler):
            return await self.player.pass_on(request, handler, POLYMARKET)

        app = web.Application(middlewares=[spoil])
        app.add_routes([web.post("/order", self.place), web.get("/order", self.look)])
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/order"
        self.web = await aiohttp.ClientSession().__aenter__()
        return self

    async def __aexit__(self, *_):
        await self.web.close()
        await self.runner.cleanup()

    async def place(self, request):
        asked = await request.json()
        orders = [
            self.exchange.place(
                self.clock.now(),
                ExchangeOrder(
                    id=f"o{len(self.exchange.orders)}",
                    account="ann",
                    market=MARKET.id,
                    side=Side(one["side"]),
                    price=one["price"],
                    qty=QTY_ONE,
                ),
            )
            for one in asked
        ]
        body = [{"orderID": order.id, "success": True} for order in orders]
        return web.json_response(body)

    async def look(self, request):
        order = self.exchange.visible(request.query["id"], self.clock.now())
        return web.json_response({"known": order is not None})

    async def post(self, *asked, side="buy", price=5_000):
        body = list(asked) or [{"side": side, "price": price}]
        async with self.web.post(self.url, json=body) as answer:
            return answer.status, await answer.text()

    @property
    def fired(self):
        return [(fired.rule, fired.do) for fired in self.script.fired]


POST = "POST /order"


@pytest.mark.parametrize(
    ("options", "placed"),
    [({"do": Do.RESET_BEFORE}, 0), ({"do": Do.RESET_AFTER}, 1)],
)
async def test_reset_breaks_the_connection_before_or_after_the_order_counts(options, placed):
    async with Small(Rule(on=POST, **options)) as small:
        with pytest.raises(aiohttp.ClientConnectionError):
            await small.post()
        assert len(small.exchange.orders) == placed
        assert small.fired == [(1, options["do"])]
        assert (await small.post())[0] == 200


@pytest.mark.parametrize(
    ("options", "status", "body", "placed"),
    [
        ({"do": Do.REFUSE, "status": 503, "body": '{"error":"no"}'}, 503, '{"error":"no"}', 0),
        ({"do": Do.STATUS_AFTER, "status": 500, "body": "{}"}, 500, "{}", 1),
        ({"do": Do.TOO_MANY, "body": "{}"}, 429, "{}", 0),
        ({"do": Do.NOT_JSON}, 200, '{"success":true,"orderID":', 1),
        ({"do": Do.EMPTY_ID}, 200, '[{"orderID":"","success":true}]', 1),
        (
            {"do": Do.EMPTY_ID, "error": "late"},
            200,
            '[{"orderID":"","success":true,"errorMsg":"late"}]',
            1,
        ),
    ],
)
async def test_answer_is_another_than_what_happened(options, status, body, placed):
    async with Small(Rule(on=POST, **options)) as small:
        assert await small.post() == (status, body)
        assert len(small.exchange.orders) == placed


async def test_html_comes_instead_of_the_answer():
    async with Small(Rule(on=POST, do=Do.HTML)) as small:
        status, body = await small.post()
        assert (status, body[:9], len(small.exchange.orders)) == (200, "<!DOCTYPE", 1)


@pytest.mark.parametrize(("wait", "header"), [(7, "7"), (None, None)])
async def test_too_many_requests_with_and_without_retry_after(wait, header):
    rule = Rule(on=POST, do=Do.TOO_MANY, retry_after_s=wait)
    async with Small(rule) as small, small.web.post(small.url, json=[]) as answer:
        assert (answer.status, answer.headers.get("Retry-After")) == (429, header)


async def test_truncated_answer_ends_with_the_connection():
    async with Small(Rule(on=POST, do=Do.TRUNCATE, bytes=5)) as small:
        async with small.web.post(small.url, json=[{"side": "buy", "price": 5_000}]) as answer:
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.text()
        assert len(small.exchange.orders) == 1


async def test_dropped_reply_never_comes_though_the_order_stands():
    async with Small(Rule(on=POST, do=Do.DROP_REPLY)) as small, asyncio.TaskGroup() as group:
        asking = group.create_task(small.post())
        while not small.exchange.orders:
            await asyncio.sleep(0)
        await small.clock.advance(60)
        assert not asking.done()
        assert small.exchange.orders["o0"].standing is Standing.RESTING
        asking.cancel()


async def test_delays_hold_back_the_request_or_its_answer():
    rules = (
        Rule(on=POST, do=Do.DELAY, seconds=5),
        Rule(on=POST, nth=2, do=Do.DELAY_REPLY, seconds=5),
    )
    async with Small(*rules) as small, asyncio.TaskGroup() as group:
        for known_before in (0, 2):
            asking = group.create_task(small.post())
            while not small.clock.waiting():
                await asyncio.sleep(0)
            assert len(small.exchange.orders) == known_before
            await small.clock.advance(5)
            assert (await asking)[0] == 200


async def test_nth_and_times_count_the_requests_that_fit():
    async with Small(Rule(on="* /ord*", nth=2, times=2, do=Do.REFUSE, status=500)) as small:
        assert [(await small.post())[0] for _ in range(4)] == [200, 500, 500, 200]


async def test_rule_for_ever():
    async with Small(Rule(on=POST, times=0, do=Do.REFUSE, status=500)) as small:
        assert [(await small.post())[0] for _ in range(3)] == [500, 500, 500]


async def test_rule_of_an_order_waits_for_that_order():
    pattern = OrderPattern(side="sell", price="0.60", market=MARKET.slug)
    async with Small(Rule(order=pattern, do=Do.REFUSE, status=500)) as small:
        assert (await small.post(side="buy", price=6_000))[0] == 200
        assert (await small.post(side="sell", price=6_100))[0] == 200
        assert (await small.post(side="sell", price=6_000))[0] == 500
        assert len(small.exchange.orders) == 2


@pytest.mark.parametrize("trigger", [{"on": POST}, {"order": OrderPattern()}])
async def test_rule_of_another_venue_does_nothing(trigger):
    rule = Rule(**trigger, venue=KALSHI, do=Do.REFUSE, status=500)
    async with Small(rule) as small:
        assert (await small.post())[0] == 200
        assert small.fired == []


async def test_one_leg_of_a_batch_is_answered_without_an_id():
    async with Small(Rule(order=OrderPattern(side="sell"), do=Do.EMPTY_ID)) as small:
        legs = [{"side": "buy", "price": 4_000}, {"side": "sell", "price": 6_000}]
        _, body = await small.post(*legs)
        assert [leg["orderID"] for leg in json.loads(body)] == ["o0", ""]


async def test_hidden_order_is_not_found_for_a_while():
    async with Small(Rule(on=POST, do=Do.HIDE_ORDER, seconds=8)) as small:
        await small.post()
        known = []
        for _ in range(2):
            async with small.web.get(small.url, params={"id": "o0"}) as answer:
                known.append((await answer.json())["known"])
            await small.clock.advance(8)
        assert known == [False, True]


async def test_answer_waits_for_the_words_on_the_streams():
    class Stream:
        waiting = 3

    async with Small(Rule(on=POST, do=Do.EVENT_FIRST)) as small, asyncio.TaskGroup() as group:
        small.streams.append(Stream())
        asking = group.create_task(small.post())
        while not small.clock.waiting():
            await asyncio.sleep(0)
        assert (len(small.exchange.orders), asking.done()) == (1, False)
        small.streams[0].waiting = 0
        await small.clock.advance(1)
        assert (await asking)[0] == 200


async def test_restart_wipes_orders_without_a_word_and_refuses_for_a_while():
    rule = Rule(after_s=10, venue=POLYMARKET, do=Do.RESTART, seconds=90)
    async with Small(rule) as small:
        told = []
        small.exchange.on_account.append(told.append)
        await small.post()
        told.clear()
        await small.clock.advance(10)
        small.exchange.advance(small.clock.now())
        assert small.exchange.orders["o0"].standing is Standing.CANCELLED
        assert told == []
        assert (await small.post())[0] == 503
        await small.clock.advance(90)
        assert (await small.post())[0] == 200


async def test_restart_breaks_the_streams():
    class Stream:
        is_broken = False

        def kill(self):
            self.is_broken = True

    for do in (Do.RESTART, Do.DROP_STREAMS):
        async with Small() as small:
            small.streams.append(Stream())
            seconds = {"seconds": 1} if do is Do.RESTART else {}
            small.player.add(Rule(after_s=0, venue=POLYMARKET, do=do, **seconds))
            assert small.streams[0].is_broken


async def test_stall_ends_by_itself():
    async with Small(Rule(after_s=1, venue=KALSHI, do=Do.STALL, seconds=5)) as small:
        for at, is_stalled in ((0, False), (1, True), (5, True), (6, False)):
            await small.clock.advance(at - (small.clock.now() - NOW) // SECOND)
            small.exchange.advance(small.clock.now())
            assert small.switches[KALSHI].is_stalled is is_stalled
        assert not small.switches[POLYMARKET].is_stalled


@pytest.mark.parametrize(
    ("do", "switch"),
    [
        (Do.GAP, "drop_frames"),
        (Do.DUPLICATE, "repeat_frames"),
        (Do.REORDER, "swap_frames"),
    ],
)
async def test_frames_are_spoiled_from_an_order_on(do, switch):
    async with Small(Rule(order=OrderPattern(), do=do, frames=2)) as small:
        await small.post()
        assert getattr(small.switches[POLYMARKET], switch) == 2


async def test_failing_trades_are_the_dialects_business():
    async with Small() as small:
        small.player.add(Rule(after_s=0, venue=POLYMARKET, do=Do.FAIL_TRADES, trades=2))
        assert small.dialect.heard == [2]
        assert small.fired == [(1, Do.FAIL_TRADES)]


def test_swapped_frame_comes_after_the_next_one():
    client = Client(None, Faults(swap_frames=1))
    for text in ("a", "b", "c"):
        client.put(text)
    assert list(client._line) == ["b", "a", "c"]


SCRIPT = """
[[fault]]
on = "POST /clob/order"
nth = 2
do = "drop reply"

[[fault]]
order = { side = "buy", price = "0.45" }
do = "status after"
status = 500

[[fault]]
after_s = 30
venue = "polymarket"
do = "restart"
seconds = 90
post_only_s = 120
"""


def test_script_is_read_from_toml(tmp_path):
    path = tmp_path / "faults.toml"
    path.write_text(SCRIPT)
    assert load(path).rules == [
        Rule(on="POST /clob/order", nth=2, do=Do.DROP_REPLY),
        Rule(order=OrderPattern(side="buy", price="0.45"), do=Do.STATUS_AFTER, status=500),
        Rule(after_s=30, venue=POLYMARKET, do=Do.RESTART, seconds=90, post_only_s=120),
    ]


@pytest.mark.parametrize(
    ("text", "wrong", "allowed"),
    [
        ('do = "explode"\non = "* *"', "explode", "drop reply"),
        ('do = "html"\non = "* *"\nfoo = 1', "foo", "on, order, after_s"),
        ('do = "html"', "one trigger", "on, order, after_s"),
        ('do = "html"\non = "* *"\nafter_s = 1', "one trigger", "on, order, after_s"),
        ('do = "html"\non = "/order"', "no request", "POST /clob/*"),
        ('do = "delay"\non = "* *"', "lacks seconds", "seconds"),
        ('do = "html"\non = "* *"\nstatus = 500', "no status", "nothing"),
        ('do = "html"\nafter_s = 1\nvenue = "kalshi"', "cannot html", "restart"),
        ('do = "stall"\nafter_s = 1\nseconds = 1', "cannot stall", "venue"),
        ('do = "html"\non = "* *"\nvenue = "nyse"', "nyse", "kalshi, polymarket"),
        ('do = "html"\norder = { side = "up" }', "side", "buy or sell"),
        ('do = "html"\norder = { price = "5" }', "price", "0.45"),
        ('do = "html"\norder = { what = "5" }', "what", "side, price, market, account"),
        ('do = "delay"\norder = {}\nseconds = 1', "delayed", "delay reply"),
        ('do = "html"\non = "* *"\nnth = 0', "below zero", "1 or more"),
        ('do = "gap"\non = "* *"\nframes = -1', "below zero", "0 or more"),
        ('do = "gap"\non = "* *"\nframes = "x"', "frames", "on, order"),
    ],
)
def test_wrong_script_is_refused_naming_file_rule_and_what_is_allowed(
    tmp_path, text, wrong, allowed
):
    path = tmp_path / "faults.toml"
    path.write_text(f'[[fault]]\non = "* *"\ndo = "html"\n\n[[fault]]\n{text}\n')
    with pytest.raises(ScriptWrong) as refused:
        load(path)
    assert f"{path}, rule 2: " in refused.value.detail
    assert wrong in refused.value.detail
    assert allowed in refused.value.hint


@pytest.mark.parametrize("text", ["x = 1", "[[fault", "[fault]\ndo = 1", "", "fault = [1]"])
def test_what_is_no_script_is_refused(tmp_path, text):
    path = tmp_path / "faults.toml"
    path.write_text(text)
    with pytest.raises(ScriptWrong, match=r"faults\.toml"):
        load(path)


def test_missing_script_is_refused(tmp_path):
    with pytest.raises(ScriptWrong, match="No such file"):
        load(tmp_path / "none.toml")
