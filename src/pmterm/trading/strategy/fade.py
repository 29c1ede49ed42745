"""T1 and T2: against the crowd, out at a target, a stop, or when time is up."""

from pmterm.messages.orders import Bracket
from pmterm.trading.strategy.settings import Fade, Fomo
from pmterm.trading.strategy.wish import Chance, WhyNot, Wish


def fade(_: Chance, settings: Fade | Fomo) -> Wish | WhyNot:
    """T1: buy what was sold in a panic; T2: sell what was bought in a rush."""
    return Wish(
        Bracket(
            target_ppm=settings.target_ppm,
            stop_ppm=settings.stop_ppm,
            lasts_s=settings.timeout_s,
        )
    )
