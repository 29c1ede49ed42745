import asyncio
import gzip
import socket
import ssl
import subprocess
import sys

import pytest
from aiohttp import web

from pmterm.messages.transport import HttpRequest
from pmterm.model.ids import Venue
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter, Rate
from pmterm.runtime.clock import FakeClock, settle

K = Venue.KALSHI


class Proves:
    """Proves who asks with a header."""

    def headers(self, request, at):
        return {"X-Proof": "me"}


PROOFS = {K: Proves()}


@pytest.fixture(autouse=True, params=["", "key"], ids=["open", "signed"])
def auth(request, monkeypatch):
    """Both ways out keep every promise: what is open to all, and what is signed."""
    monkeypatch.setattr("tests.net.test_http.AUTH", request.param)
    return request.param


AUTH = ""


class Quick(FakeClock):
    """A clock on which waits between attempts take no time."""

    async def sleep(self, seconds):
        await asyncio.sleep(0)


def ask(path="/x", method="GET", body="", priority=2, host="api"):
    return HttpRequest(1, K, host, method, path, body, "why", priority, AUTH)


async def answer_of(client, request):
    return await client.ask(request)


class Site:
    """A loopback server; `seen` holds the requests that reached it."""

    def __init__(self, handler):
        self.seen = []
        self._handler = handler
        self._app = web.Application(client_max_size=1 << 20)
        self._app.router.add_route("*", "/{tail:.*}", self._serve)

    async def _serve(self, request):
        self.seen.append(request)
        return await self._handler(request, len(self.seen))

    async def __aenter__(self):
        self._runner = web.AppRunner(self._app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        self.clock = Quick()
        self.limiter = Limiter({K: Rate(1000, 1000)}, self.clock)
        self.base = f"http://127.0.0.1:{port}"
        self.client = self.make()
        return self

    def make(self, **settings):
        return HttpClient(
            {(K, "api"): self.base}, self.limiter, self.clock, proofs=PROOFS, **settings
        )

    async def __aexit__(self, *_):
        await self.client.close()
        await self._runner.cleanup()


async def test_an_answer_comes_back_with_its_purpose_and_time():
    async def handler(request, _):
        return web.json_response({"q": request.query["q"]})

    async with Site(handler) as site:
        response = await site.client.ask(ask("/search?q=a%20b"))
    assert (response.status, response.text) == (200, '{"q": "a b"}')
    assert (response.purpose, response.method, response.path) == ("why", "GET", "/search?q=a%20b")
    assert response.at >= site.clock.now()


async def test_the_path_reaches_the_venue_byte_for_byte():
    async def handler(_, __):
        return web.Response()

    async with Site(handler) as site:
        await site.client.ask(ask("/a?ids=[1,2]&t=x%2Fy%20z&e="))
    assert site.seen[0].raw_path == "/a?ids=[1,2]&t=x%2Fy%20z&e="


async def test_a_redirect_is_given_back_not_followed():
    async def handler(request, _):
        return web.Response(status=302, headers={"Location": f"{request.url.origin()}/elsewhere"})

    async with Site(handler) as site:
        response = await site.client.ask(ask())
    assert response.status == 302
    assert [request.path for request in site.seen] == ["/x"]


async def test_no_cookie_is_kept():
    async def handler(_, __):
        response = web.Response()
        response.set_cookie("who", "me")
        return response

    async with Site(handler) as site:
        await site.client.ask(ask())
        await site.client.ask(ask())
    assert "Cookie" not in site.seen[1].headers


async def cut(request, _):
    request.transport.abort()
    return web.Response()


async def test_a_read_is_tried_three_times_then_told():
    async with Site(cut) as site:
        response = await site.client.ask(ask())
    assert response.status == 0
    assert "cut" in response.text
    assert len(site.seen) == 3


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
async def test_nothing_but_a_read_is_ever_sent_twice(method):
    async def handler(request, count):
        return web.Response(text="ok") if count == 1 else await cut(request, count)

    async with Site(handler) as site:
        first = await site.client.ask(ask(method="GET"))  # leaves a kept connection behind
        second = await site.client.ask(ask(method=method, body="{}"))
    assert (first.status, second.status) == (200, 0)
    assert [request.method for request in site.seen] == ["GET", method]


async def test_a_read_that_heals_gives_the_later_answer():
    async def handler(request, count):
        return await cut(request, count) if count == 1 else web.Response(text="healed")

    async with Site(handler) as site:
        response = await site.client.ask(ask())
    assert (response.status, response.text) == (200, "healed")


async def test_a_refusal_with_a_status_is_not_tried_again():
    async def handler(_, __):
        return web.Response(status=500, text="oops")

    async with Site(handler) as site:
        response = await site.client.ask(ask())
    assert (response.status, len(site.seen)) == (500, 1)


async def test_a_venue_that_never_answers_meets_the_deadline():
    async def handler(_, __):
        await asyncio.sleep(30)

    async with Site(handler) as site:
        client = site.make(deadline_s=0.2)
        response = await client.ask(ask())
        await client.close()
    assert response.status == 0
    assert "no answer within 0.2 s" in response.text


async def test_a_body_past_the_bound_is_not_taken_in():
    async def handler(_, __):
        return web.Response(body=b"x" * 200_000)

    async with Site(handler) as site:
        client = site.make(max_body=100_000)
        response = await client.ask(ask(method="POST"))
        await client.close()
    assert response.status == 0
    assert "longer than 100000" in response.text


async def test_a_bomb_of_zeros_is_stopped_by_its_unpacked_size(auth):
    async def handler(_, __):
        packed = gzip.compress(bytes(50_000_000))
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    async with Site(handler) as site:
        client = site.make(max_body=1_000_000)
        response = await client.ask(ask(method="POST"))
        await client.close()
    assert response.status == 0
    assert ("packed" if auth else "longer than 1000000") in response.text


async def test_broken_utf8_does_not_raise():
    async def handler(_, __):
        return web.Response(body=b'{"a": "\xff\xfe"}')

    async with Site(handler) as site:
        response = await site.client.ask(ask())
    assert response.text == '{"a": "\ufffd\ufffd"}'


async def test_retry_after_keeps_the_next_read_back_but_not_a_cancel():
    async def handler(_, count):
        if count == 1:
            return web.Response(status=429, headers={"Retry-After": "30"}, text="slow down")
        return web.Response(text="fine")

    async with Site(handler) as site:
        told = await site.client.ask(ask())
        assert (told.status, told.retry_after_s) == (429, 30)
        read = asyncio.get_running_loop().create_task(answer_of(site.client, ask("/read")))
        await settle()
        cancelled = await site.client.ask(ask("/cancel", method="DELETE", priority=0))
        assert cancelled.status == 200
        assert [request.path for request in site.seen] == ["/x", "/cancel"]
        await site.clock.advance(30.0)
        assert (await read).status == 200


async def test_429_without_a_time_keeps_reads_back_for_a_while():
    async def handler(_, __):
        return web.Response(status=429)

    async with Site(handler) as site:
        await site.client.ask(ask())
        read = asyncio.get_running_loop().create_task(answer_of(site.client, ask()))
        await settle()
        assert len(site.seen) == 1
        await site.clock.advance(1.0)
        assert (await read).status == 429


async def test_refused_is_told_in_plain_words():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = HttpClient({(K, "api"): base}, Limiter({}, Quick()), Quick(), proofs=PROOFS)
    response = await client.ask(ask())
    await client.close()
    assert response.status == 0
    assert "refused" in response.text


async def test_a_name_that_is_not_found_is_told_apart(monkeypatch):
    async def not_found(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", not_found)
    base = "https://exchange.invalid"
    client = HttpClient({(K, "api"): base}, Limiter({}, Quick()), Quick(), proofs=PROOFS)
    response = await client.ask(ask())
    await client.close()
    assert response.status == 0
    assert "exchange.invalid" in response.text
    assert "DNS" in response.text


async def test_an_answer_that_stops_half_way_is_no_answer():
    async def handler(request, _):
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"bids": [')
        request.transport.abort()
        return response

    async with Site(handler) as site:
        response = await site.client.ask(ask(method="POST"))
    assert response.status == 0
    assert "cut" in response.text


async def test_unknown_host_and_bent_path_are_never_asked():
    async def handler(_, __):
        return web.Response()

    async with Site(handler) as site:
        assert (await site.client.ask(ask(host="evil"))).status == 0
        assert (await site.client.ask(ask(path="//evil.example/"))).status == 0
        assert (await site.client.ask(ask(path="/a\r\nX: y"))).status == 0
    assert site.seen == []


async def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)

    async def handler(_, __):
        return web.Response(text="direct")

    async with Site(handler) as site:
        assert (await site.client.ask(ask())).text == "direct"


def self_signed(folder):
    """Make a certificate for localhost that nobody vouches for."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=20_000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def test_a_certificate_nobody_vouches_for_is_refused_and_nothing_is_sent(tmp_path):
    came = []

    async def serve(reader, writer):
        came.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=self_signed(tmp_path))
    port = server.sockets[0].getsockname()[1]
    client = HttpClient(
        {(K, "api"): f"https://localhost:{port}"}, Limiter({}, Quick()), Quick(), proofs=PROOFS
    )
    response = await client.ask(ask(method="POST", body="secret"))
    await client.close()
    server.close()
    await server.wait_closed()
    assert response.status == 0
    assert "certificate does not prove" in response.text
    assert came == []


def test_loading_the_client_does_not_load_aiohttp():
    code = "import sys, pmterm.net.http; print('aiohttp' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
