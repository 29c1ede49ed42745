"""Kalshi's fee schedule as data.

Source: Kalshi docs, fee_rounding and fee schedule, read 2026-10: a trade costs
`rate x multiplier x contracts x price x (1 - price)`, 0.07 for takers, 0.0175 for makers where the
series has maker fees. Series and events name their own multiplier and it changes: never by name.
"""

from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.units import PPM, Cash

TAKER_PPM = 70_000
MAKER_PPM = 17_500
DIRECT_QUANTUM: Cash = 100  # balances of direct members are kept to 0.0001 USD
BROKER_QUANTUM: Cash = 10_000  # accounts through a broker (FCM): whole cents


def schedule(
    fee_type: str = "quadratic", multiplier_ppm: int = PPM, *, quantum: Cash = DIRECT_QUANTUM
) -> FeeSchedule:
    """Return the schedule of a series or event; `multiplier_ppm` is its multiplier in millionths.

    A type we do not know (`flat` among them, whose formula is not published) is charged as the
    usual taker fee and, to err against us, as a maker fee too.
    """
    has_maker_fees = fee_type != "quadratic"
    return FeeSchedule(
        kind=FeeKind.KALSHI,
        taker_ppm=-(-TAKER_PPM * multiplier_ppm // PPM),
        maker_ppm=-(-MAKER_PPM * multiplier_ppm // PPM) if has_maker_fees else 0,
        quantum=quantum,
    )
