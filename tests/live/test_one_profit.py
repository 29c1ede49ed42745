"""What leaving now would leave: the header, the panel, status and the gate's R3 say one number."""

import asyncio

import pytest
from tests.live.evening import BUY, KALSHI, POLY, evening, open_exchange
from tests.live.virtual import run

from pmterm.model.fees import fee_of
from pmterm.model.order import OrderState as S
from pmterm.model.units import CASH_ONE, QTY_ONE
from pmterm.views.figures import cash_text
from pmterm.views.positions import profit_text
from pmterm.views.status import words_of
from pmterm.views.stopping import panic_question, sold_words


def words(board):
    return "\n".join(words_of(board))


def day_loss(board):
    return next(use.used for use in board.health.changeable if use.setting == "max_day_loss")


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_the_fee_of_leaving_is_in_all_of_them_and_a_price_that_is_gone_is_doubted_in_all(market):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            await here.state_is(await here.order(market, BUY, 20, 4_700), S.FILLED)
            await here.until(lambda: here.held(market) == 20 * QTY_ONE)
            await asyncio.sleep(2)
            board = here.session.desk.board()
            (row,) = [one for one in board.positions if one.qty]
            fees = here.session.parts.fold.market(market.id).fees
            fee = fee_of(fees, 4_500, 20 * QTY_ONE)
            assert row.exit_value == 9 * CASH_ONE - fee
            assert board.money.open_exit == row.open_exit == row.exit_value - row.cost < 0
            assert day_loss(board) == -board.money.day > 0
            lost = cash_text(row.open_exit, signed=True)
            assert (f"exit 45 ({lost})" in words(board), f"{lost} open" in words(board)) == (1, 1)
            exchange.world.withdraw(market.id)
            exchange.fill_book(market.id, ((), ((4_700, 100),)))
            await asyncio.sleep(2)
            later = here.session.desk.board()
            assert day_loss(later) == -later.money.day == -board.money.day
            doubted = profit_text(row.open_exit, is_complete=False)
            assert doubted == f"{lost}?"
            assert f"exit ? ({doubted})" in words(later)
            assert f"{doubted} open" in words(later)
            assert f"({doubted})" in sold_words(later)
            assert f"about {doubted})" in panic_question(later)

    run(tell())
