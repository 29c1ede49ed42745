"""T3: back to the five-minute mean."""

from pmterm.messages.orders import Bracket
from pmterm.model.order import Side
from pmterm.model.units import price_text
from pmterm.trading.strategy.settings import Reversion
from pmterm.trading.strategy.wish import Chance, WhyNot, Wish


def reversion(chance: Chance, settings: Reversion) -> Wish | WhyNot:
    """Fade, with the mean as target: no further from the price than the market's grid allows."""
    market, is_buy = chance.market, chance.side is Side.BUY
    mean = chance.signal.before2 // 2
    target = market.snap(mean, up=not is_buy)  # this side of the mean, so that it can be reached
    gain = target - chance.touch if is_buy else chance.touch - target
    if gain <= 0:
        least = market.tick_up(chance.touch) if is_buy else market.tick_down(chance.touch)
        away = "above" if is_buy else "below"
        limit = f"a mean {away} {price_text(chance.touch)}"
        return WhyNot(f"mean {price_text(mean)}", limit, f"a mean at {price_text(least)}")
    return Wish(Bracket(target=target, stop_ppm=settings.stop_ppm, lasts_s=settings.timeout_s))
