"""What can be wrong with this computer: the disk, the terminal, mpv."""

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pmterm.compose.doctor.lines import Line, fail, ok, warn
from pmterm.model.errors import StoreBroken

LEAST_FREE: Final = 100 * 1024**2
LITTLE_FREE: Final = 1024**3
SMALLEST: Final = (80, 24)
_BARE: Final = {"", "dumb", "linux", "vt100", "vt220"}


def store_line(store: Path) -> Line:
    """Say whether the store can be written, and how much room there is."""
    folder = next((part for part in store.parents if part.exists()), store.parent)
    try:
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"0" * 4096)
            trial.flush()
            os.fsync(trial.fileno())
        if store.exists() and not os.access(store, os.R_OK | os.W_OK):
            raise PermissionError(13, "permission denied", str(store))
        free = shutil.disk_usage(folder).free
    except OSError as error:
        told = (error.strerror or str(error)).lower()
        fix = "Free some space and see that the folder is yours, or name another: store.path."
        return fail("", "store", f"{folder}: {told}", fix, StoreBroken.exit_code)
    says = f"{store} can be written, {_size(free)} free"
    if free < LEAST_FREE:
        return fail("", "store", says, "Free some space: no order leaves that is not on disk.", 6)
    if free < LITTLE_FREE:
        return warn("", "store", says, "Free some space; an evening's recording takes 100s of MB.")
    return ok("", "store", says)


def terminal_lines(environ: Mapping[str, str], *, is_terminal: bool) -> list[Line]:
    """Say what the terminal can show."""
    if not is_terminal:
        says = "the output is no terminal, so nothing can be said of it"
        return [warn("", "terminal", says, "Run `pmterm doctor` in the terminal you trade in.")]
    size = shutil.get_terminal_size()
    lines = [_size_line(*size), _colour_line(environ), _letters_line(environ)]
    if environ.get("TMUX"):
        lines.append(_tmux_line(environ))
    return lines


def mpv_line(found: str | None) -> Line:
    """Say whether mpv is there, which plays streams beside the market."""
    if found:
        return ok("", "mpv", found)
    return warn("", "mpv", "not installed; only video needs it", f"Install it: {_install('mpv')}")


def machine_lines(store: Path) -> list[Line]:
    """Say all there is to say about this computer."""
    is_terminal = sys.stdout.isatty()
    return [
        store_line(store),
        *terminal_lines(os.environ, is_terminal=is_terminal),
        mpv_line(shutil.which("mpv")),
    ]


def _size_line(columns: int, rows: int) -> Line:
    says = f"{columns} x {rows}"
    if columns >= SMALLEST[0] and rows >= SMALLEST[1]:
        return ok("", "terminal size", says)
    fix = f"Make it at least {SMALLEST[0]} x {SMALLEST[1]}, or its letters smaller."
    return warn("", "terminal size", says, fix)


def _colour_line(environ: Mapping[str, str]) -> Line:
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR"):
        return warn(
            "", "colours", "switched off by NO_COLOR", "Unset NO_COLOR to see sides in colour."
        )
    if environ.get("COLORTERM") in {"truecolor", "24bit"}:
        return ok("", "colours", "16 million")
    if "256color" in term:
        fix = "If your terminal can do more: export COLORTERM=truecolor"
        return warn("", "colours", "256: shades are close, not exact", fix)
    fix = "Use a terminal with TERM=xterm-256color or better."
    return warn("", "colours", f"few (TERM={term or 'not set'})", fix)


def _letters_line(environ: Mapping[str, str]) -> Line:
    term = environ.get("TERM", "")
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    locale = next((environ[name] for name in names if environ.get(name)), "UTF-8")
    if term in _BARE:
        fix = "Use a terminal window; here pmterm draws with plain letters (--ascii)."
        return warn("", "letters", f"a bare console (TERM={term or 'not set'})", fix)
    if "utf8" not in locale.lower().replace("-", ""):
        fix = "export LC_ALL=C.UTF-8; until then pmterm draws with plain letters."
        return warn("", "letters", f"the locale {locale} is not UTF-8", fix)
    return ok("", "letters", "UTF-8")


def _tmux_line(environ: Mapping[str, str]) -> Line:
    if environ.get("TERM", "").startswith(("tmux", "screen")):
        return ok("", "tmux", f"inside (TERM={environ['TERM']})")
    fix = "In ~/.tmux.conf: set -g default-terminal tmux-256color"
    return warn("", "tmux", f"inside, but TERM is {environ.get('TERM', 'not set')}", fix)


def _install(package: str) -> str:
    return f"brew install {package}" if sys.platform == "darwin" else f"sudo apt install {package}"


def _size(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count // 1024**2} MB"
