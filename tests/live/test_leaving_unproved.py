"""Who leaves while a cancel is not proved leaves with an exit code that says so."""

import pytest
from tests.faults.weather import behind_proxy, through
from tests.live.evening import BUY, KALSHI, POLY, evening
from tests.live.virtual import run

from pmterm.compose.kill import NOT_STOPPED
from pmterm.model.order import OrderState as S


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
@pytest.mark.parametrize("is_silent", [False, True], ids=["proved", "not proved"])
def test_the_exit_code_tells_whether_all_is_proved_cancelled(market, is_silent):
    async def tell():
        async with behind_proxy() as (exchange, key, proxy):
            async with evening(exchange, key=key, hosts=through(exchange, proxy)) as here:
                await here.arm(market)
                await here.state_is(await here.order(market, BUY, 10, 4_600), S.OPEN)
                proxy.is_silent = is_silent
            assert here.code == (NOT_STOPPED if is_silent else 0)
            proxy.is_silent = False

    run(tell())
