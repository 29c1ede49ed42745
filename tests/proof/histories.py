"""Lives through a range of seeds for a test: the whole history of the first that went wrong."""

import pytest
from tests.proof.run import history, tell

BLOCK = 25


def blocks(first, last):
    return [pytest.param(n, id=f"seeds-{n}-{n + BLOCK - 1}") for n in range(first, last, BLOCK)]


def check(first):
    for seed in range(first, first + BLOCK):
        story, wrong = tell(seed)
        assert not wrong, history(story, wrong)
