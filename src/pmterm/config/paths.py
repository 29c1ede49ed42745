"""Where things live on this system (XDG on Linux, the usual places elsewhere)."""

from pathlib import Path
from typing import Final

import platformdirs

from pmterm.config.sections import StoreSettings

_APP: Final = "pmterm"


def config_dir() -> Path:
    """Return the folder of the user's config.toml."""
    return Path(platformdirs.user_config_dir(_APP, appauthor=False))


def data_dir() -> Path:
    """Return the folder of the store and the recordings."""
    return Path(platformdirs.user_data_dir(_APP, appauthor=False))


def log_dir() -> Path:
    """Return the folder of log files."""
    return Path(platformdirs.user_log_dir(_APP, appauthor=False))


def cache_dir() -> Path:
    """Return the folder of what can be made anew: decoded recordings, results of long runs."""
    return Path(platformdirs.user_cache_dir(_APP, appauthor=False))


def control_dir() -> Path:
    """Return the folder of the sockets by which running sessions can be asked and stopped."""
    return data_dir() / "run"


def key_file() -> Path:
    """Return the encrypted file that keeps keys where there is no keyring."""
    return data_dir() / "keys" / "keys.sealed"


def store_path(settings: StoreSettings) -> Path:
    """Return the file of the store."""
    return Path(settings.path).expanduser() if settings.path else data_dir() / "pmterm.db"


def live_store_path(settings: StoreSettings) -> Path:
    """Return the file of live sessions: real money and paper money never share one."""
    path = store_path(settings)
    return path.with_name(f"{path.stem}-live{path.suffix}")


def kept_path(settings: StoreSettings) -> Path:
    """Return the file of what kept backtests showed, beside the store; paper and live read it."""
    path = store_path(settings)
    return path.with_name(f"{path.stem}-backtests.jsonl")


def kill_flag(settings: StoreSettings) -> Path:
    """Return the file that, while it is there, lets no live order begin: a kill from outside."""
    path = live_store_path(settings)
    return path.with_name(path.name + ".kill")


def demo_store_path(settings: StoreSettings) -> Path:
    """Return the file of the demo's store: its money is kept apart unless a path was set."""
    path = store_path(settings)
    return path if settings.path else path.with_name("demo.db")


def recordings_dir(settings: StoreSettings) -> Path:
    """Return the folder recordings are written to."""
    if settings.recordings:
        return Path(settings.recordings).expanduser()
    return data_dir() / "recordings"
