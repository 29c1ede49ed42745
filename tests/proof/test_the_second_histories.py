"""Random evenings end as the exchange's ledger says (seeds 500 to 999)."""

import pytest
from tests.proof.histories import blocks, check


@pytest.mark.slow
@pytest.mark.parametrize("first", blocks(500, 1000))
def test_what_pmterm_believes_is_what_the_exchange_knows(first):
    check(first)
