"""Random evenings end as the exchange's ledger says (seeds 0 to 499)."""

import pytest
from tests.proof.histories import blocks, check


@pytest.mark.slow
@pytest.mark.parametrize("first", blocks(0, 500))
def test_what_pmterm_believes_is_what_the_exchange_knows(first):
    check(first)
