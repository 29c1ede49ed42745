"""What holds for every test: a bounded stack, and no secret in what the tests' sessions leave.

And what makes the whole run shorter: what is read once, left alone, and begun first.
"""

import functools
import gc
import os
import ssl
import sys
from unittest import mock

import pytest

from pmterm.sim.stack import DEEPEST
from tests.canary.hunt import Hunt

# What a session writes by itself, wherever a test put it; keys that a test wrote are elsewhere.
LEFT_BY_SESSIONS = ("**/pmterm.log*", "**/*.db", "**/*.db-wal", "**/*.db-shm", "**/recordings/*")
USED_IN_TESTS = {
    "canary": "canary-4711-",
    "passphrase": "canary passphrase of five words",
    "wallet of a doctor's test": "0x" + "5e" * 32,
    "wallet of an evening": "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
}
# Files that take long, so that no worker is left with one of them when the others are done.
LONG = ("tests/e2e/", "tests/proof/", "tests/pilot/", "tests/docs/", "tests/snapshots/",
        "tests/monkey/", "tests/faults/")  # fmt: skip
make_context = ssl.create_default_context


def pytest_collection_modifyitems(items):
    """Begin with what takes long; a file's tests stay as they are."""
    rank = {folder: number for number, folder in enumerate(LONG)}
    items.sort(key=lambda item: next(
        (rank[folder] for folder in LONG if item.nodeid.startswith(folder)), len(LONG)
    ))  # fmt: skip


def pytest_sessionstart():
    """Collect tests without clean-ups: of what is imported and read then all but a little stays."""
    gc.disable()


def pytest_collection_finish():
    """Have no later clean-up look through all that was imported, nor look for every trifle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


@functools.cache
def trusted_by(file, folder):
    return make_context()


@pytest.fixture(autouse=True, scope="session")
def certificates_are_read_once():
    """Read the computer's certificates once per place, not for each of a thousand sessions."""

    def context(*how, **more):
        if how or more:
            return make_context(*how, **more)
        return trusted_by(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))

    with mock.patch.object(ssl, "create_default_context", context):
        yield


@pytest.fixture(autouse=True)
def bounded_stack():
    """Take back the depth that an import of py_ecc allows; see `sim/stack.py`."""
    if sys.getrecursionlimit() > DEEPEST:
        sys.setrecursionlimit(DEEPEST)


def pytest_sessionfinish(session):
    """Look for keys of the tests in every log, journal and recording of the whole run."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is None or factory._basetemp is None:
        return
    if hasattr(session.config, "workerinput"):
        return  # whoever hands out the tests looks at what all of them left
    hunt = Hunt(**USED_IN_TESTS)
    for pattern in LEFT_BY_SESSIONS:
        for path in factory._basetemp.glob(pattern):
            if path.is_file() and not path.is_symlink():
                hunt.look_at_file(str(path), path)
    if hunt.found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("secrets were left behind:", *hunt.found, sep="\n    ", file=sys.stderr)
