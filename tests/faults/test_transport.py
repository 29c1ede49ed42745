"""Faults F47 to F54: names, certificates, lines, portals and keys, with a whole live session."""

import asyncio
import random
import socket
from datetime import timedelta

import msgspec
import pytest
from aiohttp import web
from tests.faults.weather import Arrivals, behind_proxy, resolve, site, through
from tests.live.evening import BUY, KALSHI, KALSHI_KEY_ID, POLY, evening, open_exchange
from tests.live.virtual import VirtualClock, run
from tests.sim.certificates import server_context

from pmterm.messages.commands import CancelMarket, SubmitTicket
from pmterm.messages.live import ReadinessChanged, Reconciled
from pmterm.messages.orders import Refused
from pmterm.model.ids import Venue
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE
from pmterm.sim.chaos import FAIR, Cut, Way, Weather

NAME = "venue.test"
DEAF = Weather(down=Way(cut_after=0, cut=Cut.SILENCE))


def denied_at_once(here, market=KALSHI):
    """Ask for an order; the engine answers in the same moment of virtual time, and says no."""
    before = len(here.heard(Refused))

    async def ask():
        at = asyncio.get_running_loop().time()
        here.send(SubmitTicket(0, market.id, BUY, QTY_ONE, 4_600, confirmed=True))
        await here.session.hub.settled()
        assert len(here.heard(Refused)) == before + 1
        assert asyncio.get_running_loop().time() == at

    return ask()


async def no_such_name(_):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def slow(host):
    await asyncio.sleep(60)
    return await no_such_name(host)


async def wrong_address(_):
    return "127.0.0.2"


async def right_address(_):
    return "127.0.0.1"


@pytest.mark.parametrize("names", [no_such_name, slow, wrong_address])
def test_f47_names_that_do_not_lead_there_leave_the_session_alive_and_patient(
    names, tmp_path, monkeypatch
):
    tls, file = server_context(tmp_path, host=NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setattr("aiohttp.connector.monotonic", lambda: asyncio.get_running_loop().time())
    asked = []

    async def tell():
        async with behind_proxy(tls=tls) as (exchange, key, proxy):
            now = names

            async def look_up(host):
                asked.append(asyncio.get_running_loop().time())
                return await now(host)

            resolve(look_up)
            async with evening(exchange, key=key, hosts=through(exchange, proxy, NAME)) as here:
                for _ in range(10):
                    await asyncio.sleep(30)
                    await denied_at_once(here)
                    await denied_at_once(here, POLY)
                assert (proxy.connections, here.venue_orders()) == (0, [])
                late = [at for at in asked if at > asked[0] + 120]
                print(names.__name__, len(asked), len(late) / 3, "a minute")
                now = right_address
                await here.arm(KALSHI)
                order = await here.order(KALSHI, BUY, 10, 4_700)
                await here.state_is(order, S.FILLED)

    run(tell())


@pytest.mark.parametrize(
    ("options", "trusted"),
    [
        ({"host": NAME}, False),
        ({"host": NAME, "expires_in": timedelta(days=-1)}, True),
        ({"host": "example.com"}, True),
        ({"host": NAME}, True),
    ],
    ids=["self-signed", "expired", "wrong host", "right"],
)
def test_f48_a_wrong_certificate_is_refused_and_nothing_is_said_to_it(
    options, trusted, tmp_path, monkeypatch
):
    tls, file = server_context(tmp_path, **options)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    is_right = trusted and options == {"host": NAME}

    async def tell():
        async with behind_proxy(tls=tls) as (exchange, key, proxy):
            resolve(right_address)
            came = Arrivals(exchange)
            async with evening(exchange, key=key, hosts=through(exchange, proxy, NAME)) as here:
                if is_right:
                    await here.arm(POLY)
                    await here.state_is(await here.order(POLY, BUY, 10, 4_700), S.FILLED)
                    return
                await asyncio.sleep(120)
                await denied_at_once(here)
                await denied_at_once(here, POLY)
                assert came.all == []
                assert here.exchange.server.clients(Venue.KALSHI) == []

    run(tell())


LINES = {
    "refused": lambda proxy: setattr(proxy, "refuses", True) or proxy.reset(),
    "blackholed": lambda proxy: setattr(proxy, "is_silent", True),
    "half-open": lambda proxy: setattr(proxy, "weather", DEAF) or setattr(proxy, "refuses", True),
}


@pytest.mark.parametrize("dead_man", [True, False], ids=["dead-man", "no dead-man"])
@pytest.mark.parametrize("fault", LINES)
def test_f49_a_line_that_is_gone_stops_orders_within_ten_seconds_until_it_is_back(fault, dead_man):
    async def tell():
        async with behind_proxy() as (exchange, key, proxy):
            hosts = through(exchange, proxy)
            async with evening(exchange, key=key, hosts=hosts, dead_man=dead_man) as here:
                await here.arm(POLY)
                await here.ready(Venue.KALSHI)
                await asyncio.sleep(7)
                LINES[fault](proxy)
                await asyncio.sleep(10)
                assert here.missing(Venue.KALSHI)
                assert here.missing(Venue.POLYMARKET)
                assert here.gate.armed is None
                await denied_at_once(here)
                await denied_at_once(here, POLY)
                await here.until(lambda: not any(trusted(here, m) for m in (POLY, KALSHI)))
                assert here.venue_orders() == []
                proxy.refuses = proxy.is_silent = False
                proxy.weather = FAIR
                await here.arm(POLY)
                await here.state_is(await here.order(POLY, BUY, 10, 4_700), S.FILLED)

    run(tell())


def trusted(here, market):
    return here.session.parts.reader.health(market.id).is_trusted


@pytest.mark.parametrize("seed", [1, 2])
def test_f50_a_line_that_flaps_for_ten_minutes_is_tried_with_patience_and_compared_each_time(seed):
    print("seed", seed)

    async def tell():
        async with behind_proxy() as (exchange, key, proxy):
            clock = VirtualClock(seed)
            hosts = through(exchange, proxy)
            async with evening(exchange, key=key, hosts=hosts, clock=clock) as here:
                await here.arm(KALSHI)
                order = await here.order(KALSHI, BUY, 10, 4_600)
                await here.state_is(order, S.OPEN)
                before = proxy.connections
                for _ in range(150):
                    proxy.refuses = True
                    proxy.reset()
                    await asyncio.sleep(2)
                    proxy.refuses = False
                    await asyncio.sleep(2)
                print("connects a minute", (proxy.connections - before) / 10)
                assert proxy.connections - before < 10 * 150
                assert_compared_before_ready(here)
                await here.ready(Venue.KALSHI)
                assert here.state(order) is S.OPEN
                assert len(here.venue_orders()) == 1

    run(tell())


def assert_compared_before_ready(here):
    """Every time a venue became ready, a compare stands between its stream's loss and that."""
    for venue in Venue:
        compared = is_ready = False
        rounds = 0
        for said in here.said:
            if isinstance(said, Reconciled) and said.venue is venue:
                compared = True
                rounds += 1
            if isinstance(said, ReadinessChanged) and said.venue is venue:
                assert compared or said.missing
                if is_ready and any("stream" in words for words in said.missing):
                    compared = False
                is_ready = not said.missing
        assert rounds > 5


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_f51_a_thin_slow_line_that_loses_much_never_doubles_an_order(market, seed):
    print("seed", seed)
    chance = random.Random(seed)

    def forecast(_):
        """Lose one connection of twenty somewhere; what TCP repeats comes late."""
        late = Way(delay_s=0.4 + 0.2 * (chance.random() < 0.05), bytes_per_s=8_000)
        cut = msgspec.structs.replace(late, cut_after=chance.randrange(4_000))
        return Weather(late, cut if chance.random() < 0.05 else late)

    async def tell():
        async with behind_proxy(forecast=forecast) as (exchange, key, proxy):
            hosts, clock = through(exchange, proxy), VirtualClock(seed)
            async with evening(exchange, key=key, hosts=hosts, clock=clock) as here:
                for step in range(8):
                    await here.arm(market)
                    order = await here.order(market, BUY, 5 + step, 4_700 - 100 * (step % 2))
                    await here.until(lambda o=order: o is None or here.state(o) is not S.SENT)
                    here.send(CancelMarket(0, market.id))
                    await asyncio.sleep(15)
                await here.until(lambda: not here.session.desk.quit_blockers(), 600)
                await here.until(lambda: here.held(market) == ledger_held(here), 200)
                told = [
                    order.id for order in here.executor.orders() if order.state is not S.REFUSED
                ]
                assert len(here.venue_orders()) <= len(told)
                assert all(not order.open for order in here.venue_orders())

    run(tell())


def ledger_held(here):
    return sum(order.filled for order in here.venue_orders())


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_f52_a_kept_socket_that_is_reset_under_an_order_sends_it_once_or_not_at_all(market):
    async def tell():
        async with behind_proxy() as (exchange, key, proxy):
            came = Arrivals(exchange)
            async with evening(exchange, key=key, hosts=through(exchange, proxy)) as here:
                await here.arm(market)
                await asyncio.sleep(1)
                proxy.weather = Weather(up=Way(cut_after=0))
                lost = await here.order(market, BUY, 10, 4_700)
                await here.state_is(lost, S.UNKNOWN)
                proxy.weather = FAIR
                await here.state_is(lost, S.REFUSED, most_s=300)
                assert (came.creates(), here.venue_orders()) == ([], [])
                await here.arm(market)
                proxy.weather = Weather(down=Way(cut_after=0))
                taken = await here.order(market, BUY, 11, 4_700)
                await asyncio.sleep(0.2)
                proxy.weather = FAIR
                await here.state_is(taken, S.FILLED)
                assert len(came.creates()) == len(here.venue_orders()) == 1

    run(tell())


PORTAL = "<html><body>Welcome to the hotel. Please accept the terms.</body></html>"


@pytest.mark.parametrize("answer", ["page", "redirect", "redirect kept"])
@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_f53_a_portal_in_the_way_is_not_believed_and_no_proof_follows_its_redirect(market, answer):
    strangers, lured = [], []

    async def lure(request):
        lured.append(request.headers)
        return web.Response(text="{}")

    async def tell():
        async with behind_proxy() as (exchange, key, proxy), site(lure) as other:

            async def portal(request):
                strangers.append(f"{request.method} {request.path}")
                if answer == "page":
                    return web.Response(text=PORTAL, content_type="text/html")
                code = 302 if answer == "redirect" else 307
                to = f"http://127.0.0.1:{other}{request.path_qs}"
                return web.Response(status=code, headers={"Location": to})

            async with site(portal) as hotel:
                hosts = through(exchange, proxy)
                async with evening(exchange, key=key, hosts=hosts) as here:
                    await here.arm(market)
                    venue, proxy._target = proxy._target, hotel
                    await asyncio.sleep(0)
                    for line in list(proxy._open.values()):  # kept sockets lead to the venue still
                        line[1].transport.abort()
                    order = await here.order(market, BUY, 10, 4_700)
                    await asyncio.sleep(60)
                    assert order is None or here.state(order) is S.UNKNOWN
                    await denied_at_once(here, market)
                    proxy._target = venue
                    proxy.reset()
                    await here.ready(market.venue)
                    if order is not None:
                        await here.state_is(order, S.REFUSED, most_s=300)
                    assert here.held(market) == 0
                    assert here.venue_orders() == []
            assert strangers
            assert lured == []

    run(tell())


def revoke_kalshi(exchange, key, clock):
    exchange.server.kalshi.gate.keys.pop(KALSHI_KEY_ID)


def revoke_polymarket(exchange, key, clock):
    exchange.server.polymarket.keys.revoke(key.id)


def set_clock_off(exchange, key, clock):
    clock.skew_s = 60.0


@pytest.mark.parametrize(
    ("market", "fault", "words"),
    [
        (KALSHI, revoke_kalshi, "does not know this key"),
        (KALSHI, set_clock_off, "your clock is "),
        (POLY, revoke_polymarket, "does not accept the API key"),
        (POLY, set_clock_off, "your clock is "),
    ],
)
def test_f54_a_key_that_is_no_good_any_more_is_told_apart_and_the_venue_not_hammered(
    market, fault, words
):
    async def tell():
        async with open_exchange() as (exchange, key):
            clock = VirtualClock()
            async with evening(exchange, key=key, clock=clock) as here:
                await here.arm(market)
                resting = await here.order(market, BUY, 10, 4_600)
                await here.state_is(resting, S.OPEN)
                fault(exchange, key, clock)
                await asyncio.sleep(75)
                assert words in " ".join(here.missing(market.venue))
                await denied_at_once(here, market)
                assert here.gate.armed is None
                came = Arrivals(exchange)
                await asyncio.sleep(300)
                print(words, len(came.signed()) / 5, "signed calls a minute")
                assert len(came.signed()) < 5 * 45
                assert came.creates() == []
                await denied_at_once(here, market)

    run(tell())
