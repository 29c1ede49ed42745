"""Faults F47 to F54: names, certificates, lines, portals and keys, with a whole live session."""

import asyncio
import socket
from datetime import timedelta

import pytest
from tests.faults.weather import Arrivals, behind_proxy, resolve, through
from tests.live.evening import BUY, KALSHI, POLY, evening
from tests.live.virtual import run
from tests.sim.certificates import server_context

from pmterm.messages.commands import SubmitTicket
from pmterm.messages.orders import Refused
from pmterm.model.ids import Venue
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE

NAME = "venue.test"


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
