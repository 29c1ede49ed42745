"""The drawdown is from the highest equity of the last hour, however that is kept."""

from random import Random

import pytest
from tests.properties.money_builders import T0

from pmterm.model.units import SECOND
from pmterm.trading.risk.breakers import Drawdown
from pmterm.trading.risk.limits import HOUR, MINUTE


@pytest.mark.parametrize("seed", range(10))
def test_it_is_measured_from_the_peak_of_the_minutes_of_an_hour(seed):
    chance, drawdown, seen = Random(seed), Drawdown(HOUR), []
    at, equity = T0, 10_000
    for _ in range(600):
        at += chance.choice((SECOND // 2, 20 * SECOND, 7 * MINUTE))
        equity = max(1, equity + chance.randint(-500, 490))
        seen.append((at - at % MINUTE, equity))
        peak = max(cash for minute, cash in seen if minute > at - HOUR)
        assert drawdown.share_ppm(at, equity) == (peak - equity) * 1_000_000 // peak
