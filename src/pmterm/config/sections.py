"""What can be set: the sections that config owns, and the keys of every section."""

from typing import Final

import msgspec

from pmterm.config.units import Key, Unit
from pmterm.model.units import CASH_ONE, MS, SECOND, Cash, Ns
from pmterm.trading.risk.limits import PROFILES, Limits
from pmterm.trading.signal.rules import SignalSettings
from pmterm.trading.strategy.manual import ManualSettings
from pmterm.trading.strategy.settings import (
    LEAST_SIGNALS,
    LEAST_SMALL_TRADES,
    MOST_UNASKED,
    Fade,
    Fomo,
    Reversion,
    Rules,
    Spiked,
)


class General(msgspec.Struct, frozen=True):
    """How the terminal looks."""

    theme: str = "dark"
    units: str = "cents"
    slow: bool = False
    ascii: bool = False


class KalshiHosts(msgspec.Struct, frozen=True):
    """Base addresses of Kalshi. Source: Kalshi docs, environments, read 2026-10."""

    api: str = "https://external-api.kalshi.com/trade-api/v2"
    stream: str = "wss://external-api-ws.kalshi.com/trade-api/ws/v2"


class PolymarketHosts(msgspec.Struct, frozen=True):
    """Base addresses of Polymarket. Source: Polymarket docs, endpoints, read 2026-08."""

    clob: str = "https://clob.polymarket.com"
    gamma: str = "https://gamma-api.polymarket.com"
    data: str = "https://data-api.polymarket.com"
    stream: str = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
    user_stream: str = "wss://ws-subscriptions-clob.polymarket.com/ws/user"


class KalshiAccount(msgspec.Struct, frozen=True):
    """Who asks Kalshi: its stream wants every reader to sign. The key stays in its own file."""

    key_id: str = ""
    key_file: str = ""


class Account(msgspec.Struct, frozen=True):
    """The paper account a store begins with."""

    cash: Cash = 10_000 * CASH_ONE


class PaperVenue(msgspec.Struct, frozen=True):
    """How the pretend venue behaves: field for field what `paper/` wants to know.

    `paper/` stands on the same floor as this room, so `compose` hands these numbers over.
    """

    latency: Ns = 150 * MS
    patience: Ns = 10 * SECOND
    credit: Ns = 1 * SECOND
    refill: Ns = 30 * SECOND


class LiveTrading(msgspec.Struct, frozen=True):
    """How live trading goes on: field for field what `live/` wants to know."""

    dead_man: bool = True


class LiveAccount(msgspec.Struct, frozen=True):
    """Whose stored keys trade: an account's name, "" where there is only one per venue.

    `group_contracts`: so many contracts may fill within 15 s before Kalshi cancels all our orders
    there (its order groups); 0: without.
    """

    account: str = ""
    group_contracts: int = 20_000


class StoreSettings(msgspec.Struct, frozen=True):
    """Where things are kept and for how long. An empty path is the place of this system."""

    path: str = ""
    recordings: str = ""
    record: bool = True
    retention_days: int = 30


class SimSettings(msgspec.Struct, frozen=True):
    """The local exchange: same seed, same evening. Port 0 takes a free one.

    `accounts` is the file of its test keys, "" for none; each account gets `cash` in every purse,
    and a new one a `wallet` of that kind. `faults` is a fault script.
    """

    seed: int = 1
    port: int = 8790
    accounts: str = ""
    cash: Cash = 1_000 * CASH_ONE
    wallet: str = "eoa"
    faults: str = ""


_DOLLARS: Final = frozenset(
    {
        "cash", "max_position", "max_total", "max_day_loss", "max_event", "min_depth",
        "spike_depth", "dollars", "ask_over", "small",
    }
)  # fmt: skip
_PRICES: Final = frozenset(
    {"max_spread", "passive_collar", "spike_threshold", "spike_slack", "spike_spread"}
)
_NANOSECONDS: Final = frozenset(
    {
        "loss_cooldown", "market_cooldown", "error_halt", "move_window", "drawdown_window",
        "order_window", "max_book_age", "latency", "patience", "credit", "refill",
    }
)  # fmt: skip
_TIMES: Final = frozenset(
    {
        "panic_volume_ppm", "fomo_volume_ppm", "vacuum_depth_ppm", "vacuum_spread_ppm",
        "reversion_sd_ppm", "spike_sd_ppm", "act_score_ppm", "thesis_sd_ppm", "thesis_volume_ppm",
        "target_times_ppm", "stop_times_ppm", "trail_times_ppm",
    }
)  # fmt: skip
_MAY_BE_ZERO: Final = frozenset(
    {
        "latency",
        "patience",
        "credit",
        "refill",
        "settle_ms",
        "latency_ms",
        "port",
        "seed",
        "group_contracts",
    }
)
_NEVER_OFF: Final = frozenset(
    {"error_window", "move_window", "drawdown_window", "order_window", "error_halt"}
)
_LEAST: Final = {
    "strategies.min_signals": LEAST_SIGNALS,
    "strategies.small_trades": LEAST_SMALL_TRADES,
}
_MOST: Final = {"strategies.ask_over": MOST_UNASKED}
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "general.theme": ("dark", "classic", "light"),
    "general.units": ("cents", "dollars", "percent"),
    "risk.profile": tuple(PROFILES),
    "signals.spike_mode": ("fade", "follow"),
    "strategies.sizing": ("fixed", "kelly"),
    "sim.wallet": ("eoa", "proxy", "safe", "deposit"),
}
RISK_OVERRIDES: Final = "risk"


def _key(section: str, field: str, default: object, *, is_limit: bool = False) -> Key:
    name, unit, scale = _unit(section, field, default)
    return Key(
        name=f"{section}.{name}",
        field=field,
        unit=unit,
        default=default,
        takes_zero=field in _MAY_BE_ZERO,
        takes_off=is_limit and field not in _NEVER_OFF,
        choices=_CHOICES.get(f"{section}.{name}", ()),
        scale=scale,
        least=_LEAST.get(f"{section}.{name}"),
        most=_MOST.get(f"{section}.{name}"),
    )


def _unit(section: str, field: str, default: object) -> tuple[str, Unit, int]:
    """Return a field's name in the settings, its unit, and the decimals its integer stands for."""
    if isinstance(default, bool):
        return field, Unit.FLAG, 0
    if isinstance(default, str):
        return field, _text_unit(section, field), 0
    if field in _DOLLARS:
        return field, Unit.DOLLARS, 6
    if field in _PRICES:
        return field, Unit.PRICE, 4
    if field in _NANOSECONDS:
        return f"{field}_s", Unit.SECONDS, 9
    if field in _TIMES:
        return field.removesuffix("_ppm"), Unit.TIMES, 6
    if field.endswith("_ppm"):
        return f"{field.removesuffix('_ppm')}_percent", Unit.PERCENT, 4
    return field, Unit.COUNT, 0


def _text_unit(section: str, field: str) -> Unit:
    if f"{section}.{field}" in _CHOICES:
        return Unit.CHOICE
    if section.startswith("hosts."):
        return Unit.STREAM_URL if field.endswith("stream") else Unit.HTTP_URL
    return Unit.TEXT


def _keys(section: str, defaults: msgspec.Struct, *, is_limit: bool = False) -> list[Key]:
    return [
        _key(section, field, getattr(defaults, field), is_limit=is_limit)
        for field in defaults.__struct_fields__
        if field != "profile"
    ]


# Section -> what its keys fill. The paper section is one to the reader and three to the code.
SECTIONS: Final[dict[str, tuple[msgspec.Struct, ...]]] = {
    "general": (General(),),
    "hosts.kalshi": (KalshiHosts(),),
    "hosts.polymarket": (PolymarketHosts(),),
    "kalshi": (KalshiAccount(),),
    "paper": (Account(), PaperVenue(), ManualSettings()),
    "live": (LiveAccount(), LiveTrading()),
    "signals": (SignalSettings(),),
    "strategies": (Rules(),),
    "strategies.fade": (Fade(),),
    "strategies.fomo": (Fomo(),),
    "strategies.reversion": (Reversion(),),
    "strategies.spike": (Spiked(),),
    "store": (StoreSettings(),),
    "sim": (SimSettings(),),
}


def _all_keys() -> dict[str, Key]:
    keys = [key for section, parts in SECTIONS.items() for p in parts for key in _keys(section, p)]
    keys.append(Key("risk.profile", "profile", Unit.CHOICE, "standard", choices=tuple(PROFILES)))
    for profile, limits in PROFILES.items():
        keys += _keys(f"risk.{profile}", limits, is_limit=True)
    keys += _keys(RISK_OVERRIDES, Limits(), is_limit=True)
    return {key.name: key for key in keys}


KEYS: Final[dict[str, Key]] = _all_keys()
