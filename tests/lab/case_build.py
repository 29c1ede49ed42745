"""Past signals for tests: what came back, of what kind, when."""

from pmterm.model.units import SECOND
from pmterm.store.cases import CaseRow

DAY = 86_400 * SECOND
T0 = 20_000 * DAY


def case(number=0, **changes):
    """A panic of 10 cents on Kalshi that came half back after 40 s and earned a cent."""
    at = changes.pop("at", T0 + number * 600 * SECOND)
    fields = {
        "session": "s1", "mode": "paper", "rules": "r", "id": f"s-{number}", "at": at,
        "market": "KX-A", "venue": "kalshi", "category": "tennis", "event": f"E{number % 7}",
        "kind": "panic_sell", "advice": "buy", "score": 800_000, "mid2": 8_000, "before2": 10_000,
        "volume_ratio": 3_000_000, "depth_ratio": 500_000, "spread_ratio": 2_000_000,
        "change_ppm": -50_000, "imbalance_ppm": -200_000, "spread": 200, "ready_s": 900,
        "volatility": 5_000, "ended_at": at + 40 * SECOND, "reverted": True, "after": 40 * SECOND,
        "best": 500, "worst": -100, "net": 10_000, "is_whole": True,
    }  # fmt: skip
    return CaseRow(**fields | changes)


def cases(n, back, **changes):
    """`n` of them, of which the first `back` came back; the others cost two cents."""
    lost = {"reverted": False, "net": -20_000, "best": 200}
    return [case(number, **({} if number < back else lost), **changes) for number in range(n)]
