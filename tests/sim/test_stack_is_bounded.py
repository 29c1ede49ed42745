"""Deeply nested JSON must raise, also after the libraries for Ethereum were imported."""

import subprocess
import sys

import pytest

SCRIPT = """
import msgspec, {module}
try:
    msgspec.json.decode("[" * 1_000_000)
except RecursionError:
    print("raised")
"""


@pytest.mark.parametrize(
    "module", ["pmterm.sim.server", "pmterm.sim.credentials", "pmterm.sim.polymarket_signing"]
)
def test_f44_nesting_raises_and_does_not_end_the_process(module):
    script = SCRIPT.format(module=module)
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert (told.returncode, told.stdout) == (0, "raised\n")
