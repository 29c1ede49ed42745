"""What a program that holds keys does to itself, seen from a child that does it."""

import subprocess
import sys

import pytest

ASKED = """
import os, resource
from pmterm.config.hardening import harden
harden()
print(resource.getrlimit(resource.RLIMIT_CORE)[0])
print(os.umask(0))
"""
DUMPABLE = """
import ctypes
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def told(code):
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return child.stdout.split()


def test_no_core_is_written_and_no_file_is_open_to_others():
    assert told(ASKED) == ["0", str(0o077)]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's own switch")
def test_no_other_program_of_the_user_may_read_its_memory():
    assert told(DUMPABLE) == ["1"]
    assert told(ASKED + DUMPABLE)[-1] == "0"
