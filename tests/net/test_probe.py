"""The way to a host: its name, and who answers there."""

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from tests.sim.certificates import server_context

from pmterm.model.errors import TransportLost
from pmterm.net.probe import addresses_of, shake_hands


@asynccontextmanager
async def listening(context=None):
    async def serve(_, writer):
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_an_address_is_its_own_name():
    assert await addresses_of("127.0.0.1") == ["127.0.0.1"]


async def test_a_name_nobody_knows_is_told(monkeypatch):
    async def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    with pytest.raises(TransportLost, match="not found"):
        await addresses_of("nowhere.example")


async def test_a_certificate_that_is_believed_is_told_with_its_end(tmp_path, monkeypatch):
    context, file = server_context(tmp_path, expires_in=timedelta(days=3))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with listening(context) as port:
        hands = await shake_hands("127.0.0.1", port)
    assert hands.version.startswith("TLSv1.")
    assert 2 <= (hands.good_until - datetime.now(UTC)).days <= 3


async def test_a_certificate_nobody_vouches_for_is_refused(tmp_path):
    context, _ = server_context(tmp_path)
    async with listening(context) as port:
        with pytest.raises(TransportLost, match="does not prove who it is"):
            await shake_hands("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "expires_in"),
    [("other.example", timedelta(days=1)), ("127.0.0.1", -timedelta(days=1))],
)
async def test_the_wrong_name_and_a_certificate_run_out_are_refused(
    tmp_path, monkeypatch, host, expires_in
):
    context, file = server_context(tmp_path, host=host, expires_in=expires_in)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with listening(context) as port:
        with pytest.raises(TransportLost, match="does not prove who it is"):
            await shake_hands("127.0.0.1", port)


async def test_the_version_is_told(tmp_path, monkeypatch):
    context, file = server_context(tmp_path)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with listening(context) as port:
        assert (await shake_hands("127.0.0.1", port)).version == "TLSv1.2"


async def test_plain_text_and_silence_are_no_secure_connection():
    async with listening() as port:
        with pytest.raises(TransportLost):
            await shake_hands("127.0.0.1", port)
    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        pytest.raises(TransportLost, match="no answer in time"),
    ):
        await shake_hands("127.0.0.1", deaf.getsockname()[1], patience_s=0.1)
