"""T4: after a spike, with exits as far away as the price usually strays."""

from pmterm.messages.orders import Bracket
from pmterm.model.units import PPM, Price
from pmterm.trading.strategy.settings import Spiked
from pmterm.trading.strategy.wish import Chance, WhyNot, Wish

_UNITS = 100  # of 1e-6 USD in 1e-4 USD


def spike(chance: Chance, settings: Spiked) -> Wish | WhyNot:
    """Stop, target and trailing stop in multiples of the volatility, each at least one tick."""
    usual = chance.signal.volatility
    least = chance.market.step_at(chance.touch)

    def reach(times_ppm: int) -> Price:
        return max(least, usual * times_ppm // (PPM * _UNITS))

    paid = chance.paid
    return Wish(
        Bracket(
            target_ppm=-(-reach(settings.target_times_ppm) * PPM // paid),
            stop_ppm=-(-reach(settings.stop_times_ppm) * PPM // paid),
            trail=reach(settings.trail_times_ppm),
            lasts_s=settings.timeout_s,
        )
    )
