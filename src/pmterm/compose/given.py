"""What the command line asks of every mode: the settings, and how the session is shown."""

import importlib.metadata
import os
from pathlib import Path

import msgspec

from pmterm.config import paths
from pmterm.config.settings import Hosts, Settings, given_beside, load_settings
from pmterm.config.sources import Given


class Screen(msgspec.Struct, frozen=True):
    """How the session is shown."""

    plain: bool = False
    as_json: bool = False
    finds_first: bool = False


class Address(msgspec.Struct, frozen=True):
    """Where a local exchange listens, and what it trades."""

    url: str
    hosts: Hosts
    polymarket: list[str]
    kalshi: list[str]
    kalshi_key_id: str
    kalshi_key_file: str = ""
    accounts: list[str] = []
    accounts_file: str = ""


def settings(flags: dict[str, str], *, record: bool | None = None, exchange: str = "") -> Settings:
    """Load the settings; `exchange` sends everything to a local exchange at that address."""
    if record is not None:
        flags = flags | {"store.record": "true" if record else "false"}
    if exchange:
        flags = flags | exchange_flags(exchange)
    return load_settings(flags, os.environ, Path.cwd(), paths.config_dir())


def beside() -> dict[str, Given]:
    """Return what the files and the environment give, without the command line."""
    return given_beside(os.environ, Path.cwd(), paths.config_dir())


def exchange_flags(base: str) -> dict[str, str]:
    """Return the hosts of a local exchange as flags."""
    base = base.rstrip("/")
    stream = "ws" + base.removeprefix("http")
    return {
        "hosts.kalshi.api": f"{base}/trade-api/v2",
        "hosts.kalshi.stream": f"{stream}/trade-api/ws/v2",
        "hosts.polymarket.clob": f"{base}/clob",
        "hosts.polymarket.gamma": f"{base}/gamma",
        "hosts.polymarket.data": f"{base}/data",
        "hosts.polymarket.stream": f"{stream}/ws/market",
        "hosts.polymarket.user_stream": f"{stream}/ws/user",
    }


def version() -> str:
    """Return the installed version."""
    return importlib.metadata.version("pmterm")
