"""What a program that holds keys does to itself: no core file, no reading of its memory."""

import contextlib
import ctypes
import os
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h


def harden() -> None:
    """Let no core be written, no other program of this user read our memory, no file be open.

    Works as far as the system lets it: the keys are kept safe by more than this.
    """
    os.umask(0o077)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
