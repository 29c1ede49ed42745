"""How deep the interpreter may nest, kept where it was: an Ethereum library lifts it on import."""

import sys
from typing import Final

DEEPEST: Final = 1_000  # the interpreter's own default


def bound_the_stack() -> None:
    """Take back what `py_ecc` does when it is imported.

    It allows 100 000 levels; at that depth nested JSON from outside overflows the C stack, which
    ends the process instead of raising RecursionError.
    """
    sys.setrecursionlimit(DEEPEST)
