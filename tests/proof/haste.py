"""Makes an evening cheap where nothing is proved by its price."""

import functools
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

from pmterm.runtime import hub, session
from pmterm.sim import server

CONTEXTS = functools.cache(ssl.create_default_context)


@contextmanager
def hasten() -> Iterator[None]:
    """Read the system's certificates once, clean up once, look at quiet time less often."""
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(ssl, "create_default_context", CONTEXTS))
        stack.enter_context(mock.patch.object(session, "gc"))
        stack.enter_context(mock.patch.object(hub, "WAKE_S", 0.25))
        stack.enter_context(mock.patch.object(server, "STEP_S", 0.125))
        yield
