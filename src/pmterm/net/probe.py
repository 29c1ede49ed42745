"""Looks at the way to a host, step by step: its name, then a secure connection. Sends nothing."""

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime

import msgspec

from pmterm.model.errors import TransportLost
from pmterm.net.words import words_for

PATIENCE_S = 5.0


class Handshake(msgspec.Struct, frozen=True):
    """A secure connection that was made: its version ("TLSv1.3") and its certificate's last day."""

    version: str
    good_until: datetime


async def addresses_of(host: str, *, patience_s: float = PATIENCE_S) -> list[str]:
    """Return the addresses behind a name.

    Raises:
        TransportLost: there are none, or nobody told in time.
    """
    try:
        async with asyncio.timeout(patience_s):
            found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError as error:  # a TimeoutError is one too
        raise TransportLost(f"{host}: {words_for(error)}") from error
    return sorted({str(row[4][0]) for row in found})


async def shake_hands(host: str, port: int, *, patience_s: float = PATIENCE_S) -> Handshake:
    """Make a secure connection, check who answers, and hang up.

    Raises:
        TransportLost: no connection, or none that is secure, in words.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        async with asyncio.timeout(patience_s):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except OSError as error:
        raise TransportLost(f"{host}: {words_for(error)}") from error
    try:
        made = writer.get_extra_info("ssl_object")
        until = ssl.cert_time_to_seconds(str(made.getpeercert()["notAfter"]))
        return Handshake(str(made.version()), datetime.fromtimestamp(until, UTC))
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await writer.wait_closed()
