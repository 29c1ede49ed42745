"""What a strategy would do is told from the numbers it acts by."""

from pmterm.model.units import CASH_ONE
from pmterm.runtime.strategy_plans import plan_words
from pmterm.trading.strategy.settings import Fade, Rules, StrategySettings
from pmterm.trading.strategy.strategies import STRATEGIES


def test_every_strategy_says_what_it_does():
    for name in STRATEGIES:
        assert plan_words(name, StrategySettings()).startswith("on ")


def test_the_numbers_are_those_of_the_settings():
    settings = StrategySettings(fade=Fade(80_000, 25_000, 90), rules=Rules(dollars=20 * CASH_ONE))
    assert plan_words("fade", settings) == (
        "on PANIC SELL it buys, out at +8 % or -2.5 % of what was paid, or after 90 s; $20 an order"
    )
    assert "out at 3x or -2x its volatility, trailing 1.5x" in plan_words("spike", settings)


def test_kelly_says_its_cap():
    kelly = StrategySettings(rules=Rules(sizing="kelly"))
    assert plan_words("reversion", kelly).endswith(
        "half of Kelly on its record, at most 5 % of all money an order"
    )


def test_one_that_is_not_known_here_says_nothing():
    assert plan_words("grind", StrategySettings()) == ""
