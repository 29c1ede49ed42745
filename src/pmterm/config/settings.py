"""One frozen Settings from flags, environment, project file, user file and defaults."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from pmterm.config.sections import (
    KEYS,
    RISK_OVERRIDES,
    Account,
    General,
    KalshiAccount,
    KalshiHosts,
    LiveAccount,
    LiveTrading,
    PaperVenue,
    PolymarketHosts,
    SimSettings,
    StoreSettings,
)
from pmterm.config.sources import Given, from_environment, from_file, from_flags, is_ours
from pmterm.config.units import value_text
from pmterm.model.errors import SettingsWrong
from pmterm.model.ids import Venue
from pmterm.model.units import Cash
from pmterm.trading.risk.limits import PROFILES, Limits
from pmterm.trading.signal.rules import SignalSettings
from pmterm.trading.strategy.manual import ManualSettings
from pmterm.trading.strategy.settings import (
    Fade,
    Fomo,
    Reversion,
    Rules,
    Spiked,
    StrategySettings,
)

PROJECT_FILES: Final = ("pmterm.toml", "config.toml")
USER_FILE: Final = "config.toml"
_S = TypeVar("_S", bound=msgspec.Struct)


class Hosts(msgspec.Struct, frozen=True):
    """Base addresses, so that the same code talks to a local exchange."""

    kalshi: KalshiHosts = KalshiHosts()
    polymarket: PolymarketHosts = PolymarketHosts()

    def bases(self) -> dict[tuple[Venue, str], str]:
        """Return the REST bases by venue and host name, as the HTTP client wants them."""
        return {
            (Venue.KALSHI, "api"): self.kalshi.api,
            (Venue.POLYMARKET, "clob"): self.polymarket.clob,
            (Venue.POLYMARKET, "gamma"): self.polymarket.gamma,
            (Venue.POLYMARKET, "data"): self.polymarket.data,
        }

    def streams(self) -> dict[Venue, str]:
        """Return each venue's market stream."""
        return {Venue.KALSHI: self.kalshi.stream, Venue.POLYMARKET: self.polymarket.stream}

    def user_streams(self) -> dict[Venue, str]:
        """Return each venue's stream of our own orders and fills."""
        return {Venue.KALSHI: self.kalshi.stream, Venue.POLYMARKET: self.polymarket.user_stream}


class Shown(msgspec.Struct, frozen=True):
    """One setting as `config show` prints it."""

    key: str
    value: str
    source: str
    is_changed: bool = False


class Settings(msgspec.Struct, frozen=True):
    """All that can be set. `shown` lists every key with its value and where it came from."""

    general: General = General()
    hosts: Hosts = Hosts()
    kalshi: KalshiAccount = KalshiAccount()
    cash: Cash = Account().cash
    paper: PaperVenue = PaperVenue()
    manual: ManualSettings = ManualSettings()
    account: str = LiveAccount().account
    group_contracts: int = LiveAccount().group_contracts
    live: LiveTrading = LiveTrading()
    risk: Limits = Limits()
    signals: SignalSettings = SignalSettings()
    strategies: StrategySettings = StrategySettings()
    store: StoreSettings = StoreSettings()
    sim: SimSettings = SimSettings()
    shown: tuple[Shown, ...] = ()

    @property
    def sources(self) -> dict[str, str]:
        """Where each value came from, by dotted key."""
        return {line.key: line.source for line in self.shown}


def load_settings(
    flags: Mapping[str, str], environ: Mapping[str, str], cwd: Path, user_dir: Path
) -> Settings:
    """Return the settings: flag > environment > project file > user file > default.

    `flags` maps dotted keys to texts ("general.theme": "light"). The project file is pmterm.toml
    or config.toml in `cwd`, the user file config.toml in `user_dir`; neither needs to be there.

    Raises:
        SettingsWrong: an unknown key, or a value of a wrong type or out of range, with its file
            and line.
    """
    return _settings(given_beside(environ, cwd, user_dir) | from_flags(flags))


def given_beside(environ: Mapping[str, str], cwd: Path, user_dir: Path) -> dict[str, Given]:
    """Return what the files and the environment give: all that flags go over.

    Raises:
        SettingsWrong: as `load_settings`.
    """
    given: dict[str, Given] = {}
    user = user_dir / USER_FILE
    project = project_file(cwd)
    if user.is_file():
        given |= from_file(user)
    if project is not None and not _same(project, user):
        given |= from_file(project)
    return given | from_environment(environ)


def settings_given(given: Mapping[str, Given]) -> Settings:
    """Return the settings of values that were read; it is not told where they came from."""
    return _settings(given, tells=False)


def project_file(cwd: Path) -> Path | None:
    """Return the settings file of the current folder; another program's config.toml is none."""
    for name in PROJECT_FILES:
        path = cwd / name
        if path.is_file() and (name == "pmterm.toml" or is_ours(path)):
            return path
    return None


def default_config_text() -> str:
    """Return the commented settings file that comes with pmterm, all values at their defaults.

    Raises:
        SettingsWrong: the installation lacks it.
    """
    packed = resources.files("pmterm.config").joinpath("config.toml")
    if packed.is_file():
        return packed.read_text("utf-8")
    checkout = Path(__file__).parents[3] / "config.toml"
    if checkout.is_file():
        return checkout.read_text("utf-8")
    raise SettingsWrong("config.toml is missing from the installation.", "Install pmterm again.")


def _settings(given: Mapping[str, Given], *, tells: bool = True) -> Settings:
    profile = str(given["risk.profile"].value) if "risk.profile" in given else "standard"
    return Settings(
        general=_filled(General(), "general", given),
        hosts=Hosts(
            _filled(KalshiHosts(), "hosts.kalshi", given),
            _filled(PolymarketHosts(), "hosts.polymarket", given),
        ),
        kalshi=_filled(KalshiAccount(), "kalshi", given),
        cash=_filled(Account(), "paper", given).cash,
        paper=_filled(PaperVenue(), "paper", given),
        manual=_filled(ManualSettings(), "paper", given),
        account=_filled(LiveAccount(), "live", given).account,
        group_contracts=_filled(LiveAccount(), "live", given).group_contracts,
        live=_filled(LiveTrading(), "live", given),
        risk=_limits(profile, given),
        signals=_filled(SignalSettings(), "signals", given),
        strategies=StrategySettings(
            _filled(Rules(), "strategies", given),
            _filled(Fade(), "strategies.fade", given),
            _filled(Fomo(), "strategies.fomo", given),
            _filled(Reversion(), "strategies.reversion", given),
            _filled(Spiked(), "strategies.spike", given),
        ),
        store=_filled(StoreSettings(), "store", given),
        sim=_filled(SimSettings(), "sim", given),
        shown=tuple(_shown(given)) if tells else (),
    )


def _limits(profile: str, given: Mapping[str, Given]) -> Limits:
    """Return a profile's limits, with changes to that profile, then changes to any."""
    changed = _filled(PROFILES[profile], f"risk.{profile}", given)
    return _filled(changed, RISK_OVERRIDES, given)


def _filled(base: _S, section: str, given: Mapping[str, Given]) -> _S:
    changes: dict[str, Any] = {}
    for name, one in given.items():
        if name.rpartition(".")[0] == section and KEYS[name].field in base.__struct_fields__:
            changes[KEYS[name].field] = one.value
    changes.pop("profile", None)
    return msgspec.structs.replace(base, **changes) if changes else base


def _shown(given: Mapping[str, Given]) -> list[Shown]:
    lines: list[Shown] = []
    for name, key in KEYS.items():
        is_override = name.rpartition(".")[0] == RISK_OVERRIDES and key.field != "profile"
        usual = value_text(key, key.default)
        if name in given:
            text = value_text(key, given[name].value)
            lines.append(Shown(name, text, given[name].source, is_override or text != usual))
        elif not is_override:
            lines.append(Shown(name, usual, "default"))
    return lines


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)
