"""What `doctor` says of a good exchange, of a broken one, of a dead one, and of keys."""

import asyncio
from functools import partial

import msgspec
import pytest
from aiohttp import web
from tests.compose.exchange_build import (
    KEY_ID,
    OTHER_KEY,
    OWNER,
    by_check,
    exchange,
    settings_all_at,
    site,
)
from tests.config.keys_build import CHEAP

from pmterm.compose import keys_add
from pmterm.compose.doctor import run
from pmterm.compose.doctor.lines import Verdict, exit_code, facts, words
from pmterm.compose.keys_add import Wish
from pmterm.config import credentials, environment, paths
from pmterm.config.accounts import KalshiKey, Listed, PolymarketAccount, home_of
from pmterm.config.credentials import load_accounts
from pmterm.config.vault import Vault
from pmterm.model.ids import Venue
from pmterm.model.secret import Secret
from pmterm.model.units import SECOND
from pmterm.net.http import HttpClient
from pmterm.runtime.clock import SystemClock
from pmterm.sim.faults import EDGE_PAGE

K, P = Venue.KALSHI, Venue.POLYMARKET


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path / "data")
    monkeypatch.setattr(credentials, "system_keyring", lambda: None)
    monkeypatch.setattr(credentials, "Vault", partial(Vault, cost=CHEAP))
    monkeypatch.setattr(keys_add, "harden", lambda: None)
    monkeypatch.setattr(credentials, "harden", lambda: None)


@pytest.fixture
def asked(monkeypatch):
    """Every request that was made."""
    seen = []
    ask = HttpClient.ask

    async def watched(self, request):
        seen.append(request)
        return await ask(self, request)

    monkeypatch.setattr(HttpClient, "ask", watched)
    return seen


@pytest.fixture
def with_keys(monkeypatch):
    async def add(place):
        given = {environment.PASSPHRASE_FILE: Secret(str(place.passphrase))}
        monkeypatch.setattr(environment, "_taken", given)
        await keys_add.add(place.settings, P, Wish(key_file=place.private_key))
        await keys_add.add(place.settings, K, Wish(key_file=place.pem, key_id=KEY_ID))
        return load_accounts(place.settings)

    return add


async def look(settings, accounts=None, **more):
    return await run.examine(settings, accounts or {}, SystemClock(), **more)


async def test_a_good_exchange_and_good_keys_have_nothing_that_fails(tmp_path, with_keys, asked):
    async with exchange(tmp_path) as place:
        accounts = await with_keys(place)
        asked.clear()
        lines = await look(place.settings, accounts)
    assert exit_code(lines) == 0
    polymarket, kalshi = by_check(lines, P), by_check(lines, K)
    assert list(polymarket) == [
        "name resolution", "TLS", "edge", "clock", "exchange", "key", "rights", "wallet",
        "balance", "allowance", "dead-man", "stream",
    ]  # fmt: skip
    assert list(kalshi) == [
        "name resolution", "TLS", "edge", "clock", "exchange", "key", "rights", "sub-account",
        "balance", "dead-man", "stream",
    ]  # fmt: skip
    assert "a first book came" in polymarket["stream"].says
    assert "a first book came" in kalshi["stream"].says
    assert {line.check for line in lines if line.verdict is Verdict.WARN} == {"rights", "dead-man"}
    assert {request.method for request in asked} == {"GET"}  # so no order can have been made
    assert not any("heartbeat" in request.path for request in asked)


async def test_without_keys_it_is_told_which_are_missing(tmp_path):
    async with exchange(tmp_path) as place:
        lines = await look(place.settings)
    for venue in Venue:
        assert "none kept" in by_check(lines, venue)["key"].says
        assert f"pmterm keys add {venue}" in by_check(lines, venue)["key"].fix
    assert "not tried" in by_check(lines, K)["stream"].says
    assert exit_code(lines) == 0


async def test_where_nothing_listens_one_line_says_that_this_computer_is_offline(tmp_path):
    lines = await look(settings_all_at("http://127.0.0.1:1"), site="http://127.0.0.1:1")
    (line,) = [line for line in lines if line.verdict is Verdict.FAIL]
    assert (line.venue, line.check) == ("", "network")
    assert "reaches neither venue" in line.says
    assert "connection refused" in line.says
    assert line.fix.startswith("Look whether it is online")
    assert exit_code(lines) == 5


async def test_one_venue_that_cannot_be_reached_is_one_line_and_the_other_is_told_whole(tmp_path):
    async with exchange(tmp_path) as place:
        dead = settings_all_at("http://127.0.0.1:1")
        hosts = msgspec.structs.replace(place.settings.hosts, kalshi=dead.hosts.kalshi)
        lines = await look(msgspec.structs.replace(place.settings, hosts=hosts))
    (line,) = [line for line in lines if line.verdict is Verdict.FAIL]
    assert (line.venue, line.check) == (K, "network")
    assert line.says.startswith("cannot be reached, so nothing else was looked at")
    assert by_check(lines, P)["edge"].verdict is Verdict.OK
    assert [each.venue for each in lines] == sorted((each.venue for each in lines), reverse=True)


async def test_a_venue_that_never_answers_ends_every_line_after_its_patience(monkeypatch):
    monkeypatch.setattr(run, "PATIENCE_S", 0.2)
    hangs = asyncio.Event()

    async def silent(_):
        await hangs.wait()
        return web.Response()

    async with site(silent) as base:
        lines = await look(settings_all_at(base))
        hangs.set()
    (line,) = [line for line in lines if line.verdict is Verdict.FAIL]
    assert "no answer within 0.2 s" in line.says
    assert exit_code(lines) == 5


async def test_a_stream_that_connects_and_says_nothing_is_told(tmp_path, monkeypatch):
    async def mute(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    async with exchange(tmp_path) as place, site(mute) as base:
        monkeypatch.setattr(run, "PATIENCE_S", 0.2)
        hosts = place.settings.hosts
        stream = base.replace("http", "ws") + "/ws/market"
        polymarket = msgspec.structs.replace(hosts.polymarket, stream=stream)
        hosts = msgspec.structs.replace(hosts, polymarket=polymarket)
        told = by_check(await look(msgspec.structs.replace(place.settings, hosts=hosts)), P)
    assert told["stream"].verdict is Verdict.FAIL
    assert "nothing came within" in told["stream"].says
    assert told["exchange"].verdict is Verdict.OK


async def test_the_edge_that_blocks_is_told_as_the_edge(tmp_path, with_keys):
    async with exchange(tmp_path) as place:
        accounts = await with_keys(place)
        for faults in place.server.faults.values():
            faults.blocks_rest = faults.blocks_stream = True
        lines = await look(place.settings, accounts)
    for venue in Venue:
        edge = by_check(lines, venue)["edge"]
        assert edge.verdict is Verdict.FAIL
        assert "edge blocks this network" in edge.says
        assert "country" in edge.fix
    assert exit_code(lines) in {3, 4, 5}


async def test_a_web_page_instead_of_data_is_told_as_the_network_in_between():
    async def portal(_):
        return web.Response(text="<html>Sign in to our Wi-Fi</html>", content_type="text/html")

    async with site(portal) as base:
        lines = await look(settings_all_at(base), site=base)
    for venue in Venue:
        assert "a web page came" in by_check(lines, venue)["edge"].says
    assert "a web page came" in by_check(lines, P)["region"].says
    assert exit_code(lines) == 5


@pytest.mark.parametrize(("seconds", "verdict"), [(60, "fail"), (-60, "fail"), (5, "warn")])
async def test_a_clock_that_is_off_is_told_with_its_distance(seconds, verdict):
    clock = SystemClock()

    async def other_time(_):
        return web.Response(text=str(clock.now() // SECOND + seconds))

    async with site(other_time) as base:
        told = by_check(await look(settings_all_at(base)), P)["clock"]
    assert told.verdict == verdict
    assert ("behind" if seconds > 0 else "ahead of") in told.says
    assert told.fix


@pytest.mark.parametrize(
    ("answer", "verdict", "said"),
    [
        ({"blocked": False, "country": "PT", "region": "11", "ip": "192.0.2.1"}, "ok", "PT 11"),
        ({"blocked": True, "country": "XX", "region": "", "ip": "192.0.2.1"}, "fail", "XX"),
        ({"blocked": "perhaps"}, "warn", "something else"),
    ],
)
async def test_the_region_is_told_as_polymarket_sees_it(answer, verdict, said):
    async def geoblock(request):
        assert request.path == "/api/geoblock"
        return web.json_response(answer)

    async with site(geoblock) as base:
        told = by_check(await look(settings_all_at("http://127.0.0.1:1"), site=base), P)["region"]
    assert told.verdict == verdict
    assert said in told.says
    assert "192.0.2.1" not in told.says


async def test_a_pause_and_a_shard_that_is_down_are_told(tmp_path):
    async with exchange(tmp_path) as place:
        place.server.kalshi.rules.trades = False
        paused = by_check(await look(place.settings), K)["exchange"]
        place.server.kalshi.rules.takes_cancels = False
        shut = by_check(await look(place.settings), K)["exchange"]
    assert (paused.verdict, shut.verdict) == ("fail", "fail")
    assert "cancels pass" in paused.says
    assert "no cancels" in shut.says


async def test_a_revoked_and_a_replaced_api_key_are_told_apart(tmp_path, with_keys):
    async with exchange(tmp_path) as place:
        account = (await with_keys(place))[P]
        place.server.polymarket.keys.revoke(account.api_key.reveal())
        revoked = by_check(await look(place.settings, {P: account}), P)["key"]
        again = msgspec.structs.replace(account, api_key=Secret(KEY_ID))
        other = by_check(await look(place.settings, {P: again}), P)["key"]
    assert (revoked.verdict, revoked.code) == ("fail", 3)
    assert "revoked" in revoked.says
    assert "keys add" in revoked.fix
    assert other.verdict == "fail"


async def test_a_damaged_secret_of_a_good_key_is_told(tmp_path, with_keys):
    async with exchange(tmp_path) as place:
        account = (await with_keys(place))[P]
        broken = msgspec.structs.replace(account, api_secret=Secret("Y2FuYXJ5LTQ3MTE="))
        told = by_check(await look(place.settings, {P: broken}), P)["key"]
        wallet = msgspec.structs.replace(account, private_key=Secret(OTHER_KEY))
        strange = by_check(await look(place.settings, {P: wallet}), P)["key"]
    assert "stored secret" in told.says
    assert strange.verdict == "fail"


async def test_money_in_another_kind_of_wallet_is_told(tmp_path, with_keys):
    async with exchange(tmp_path, kind=2) as place:
        account = (await with_keys(place))[P]
        wrong = msgspec.structs.replace(account, signature_type=1, funder=OWNER)
        told = by_check(await look(place.settings, {P: wrong}), P)["wallet"]
    assert told.verdict == "fail"
    assert "Safe" in told.says


async def test_a_kalshi_key_that_was_deleted_is_told(tmp_path, with_keys):
    async with exchange(tmp_path) as place:
        accounts = await with_keys(place)
        del place.server.kalshi.gate.keys[KEY_ID]
        lines = await look(place.settings, accounts)
    told = by_check(lines, K)
    assert told["key"].verdict == "fail"
    assert "does not know this key id" in told["key"].says
    assert exit_code(lines) == 3


async def test_the_stored_kalshi_key_of_another_is_told(tmp_path, with_keys):
    async with exchange(tmp_path) as place:
        key = (await with_keys(place))[K]
        async with exchange(tmp_path) as other:
            swapped = msgspec.structs.replace(key, pem=Secret(other.pem.read_text()))
        told = by_check(await look(place.settings, {K: swapped}), K)["key"]
    assert "signature" in told.says
    assert "does not belong" in told.fix


async def test_a_key_that_cannot_be_one_fails_its_line_and_no_other(tmp_path):
    broken = KalshiKey(KEY_ID, Secret("canary-4711"))
    halved = PolymarketAccount(
        Secret("canary-4711"), OWNER, 0, OWNER, Secret(KEY_ID), Secret("YQ=="), Secret("a")
    )
    async with exchange(tmp_path) as place:
        lines = await look(place.settings, {K: broken, P: halved})
    for venue in Venue:
        assert by_check(lines, venue)["exchange"].verdict == "ok"
        assert any(line.check == "key" and line.verdict == "fail" for line in lines)
    assert "canary" not in str(facts(lines)) + " ".join(words(lines))


async def test_a_server_error_is_told_as_the_venues(tmp_path):
    async with exchange(tmp_path) as place:
        for faults in place.server.faults.values():
            faults.rest_status, faults.rest_body = 503, '{"error":"Trading is disabled"}'
        lines = await look(place.settings)
    for venue in Venue:
        assert by_check(lines, venue)["exchange"].verdict == "fail"
        assert by_check(lines, venue)["edge"].verdict == "ok"


async def test_a_key_for_another_home_and_one_that_does_not_open_are_told_apart(tmp_path):
    here, there = Listed(K, "main", "", "a…b"), Listed(P, "main", "polymarket.com", "0x…1")
    async with exchange(tmp_path) as place:
        here = msgspec.structs.replace(here, home=home_of(K, place.settings.hosts))
        lines = await look(place.settings, kept=[here, there])
    assert "could not be used" in by_check(lines, K)["key"].says
    assert "polymarket.com and is not used here" in by_check(lines, P)["key"].says


def test_the_page_of_the_edge_is_no_words():
    from pmterm.compose.doctor.reach import edge_line
    from pmterm.messages.transport import HttpResponse

    line = edge_line(HttpResponse(2, P, "GET", "/time", 403, EDGE_PAGE))
    assert "Attention" not in line.says
    assert "edge" in line.says
