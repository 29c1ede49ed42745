"""What holds for every test: a bounded stack, and no secret in what the tests' sessions leave."""

import sys

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
