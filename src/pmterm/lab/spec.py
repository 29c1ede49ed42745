"""What a sweep is to try: a file that names recordings, strategies and values for settings."""

import itertools
import math
import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from pmterm.model.errors import UsageWrong

SIGNALS: Final = "signals"
MEASURES: Final = ("net", "sharpe", SIGNALS)
MOST_VALUES: Final = 10_000  # of one setting
_LARGEST: Final = 1_000_000
Point: TypeAlias = dict[str, str]


class Spec(msgspec.Struct, frozen=True):
    """A sweep. `fixed` are settings that are the same in every run, `grid` those that are tried.

    `draws` points are drawn at random with `seed`; 0: the whole grid. Recordings are cut by time
    into `windows`; what is chosen by `measure` on one is judged on the next.
    """

    recordings: tuple[str, ...]
    strategies: tuple[str, ...] = ()
    fixed: Mapping[str, str] = {}
    grid: Mapping[str, tuple[str, ...]] = {}
    draws: int = 0
    seed: int = 1
    windows: int = 2
    measure: str = "net"

    @property
    def size(self) -> int:
        """How many points the whole grid has."""
        return math.prod(len(values) for values in self.grid.values())

    @property
    def count(self) -> int:
        """How many points are to be tried, at most."""
        return min(self.draws, self.size) if self.draws else self.size

    def points(self) -> Iterator[Point]:
        """Yield the points, each once: drawn, or the whole grid in order."""
        if not self.draws or self.draws >= self.size:
            for values in itertools.product(*self.grid.values()):
                yield dict(zip(self.grid, values, strict=True))
            return
        chance = random.Random(self.seed)  # noqa: S311  # the same draws for the same seed
        drawn: set[tuple[str, ...]] = set()
        while len(drawn) < self.draws:
            values = tuple(v[int(chance.random() * len(v))] for v in self.grid.values())
            if values not in drawn:
                drawn.add(values)
                yield dict(zip(self.grid, values, strict=True))


_FIELDS: Final = ("recordings", "strategies", "set", "grid", "draws", "seed", "windows", "measure")


def read_spec(path: Path) -> Spec:
    """Read a sweep's file.

    Raises:
        UsageWrong: it is not there, no TOML, or holds a field nobody knows.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageWrong(f"{path.name} is larger than 1 MB; that is no sweep.")
        table = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except OSError as error:
        raise UsageWrong(f"{path}: {(error.strerror or str(error)).lower()}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageWrong(f"{path.name} is not valid TOML: {error}.") from error
    for name in table:
        if name not in _FIELDS:
            near = get_close_matches(name, _FIELDS, 1, 0.5)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(_FIELDS)}."
            raise UsageWrong(f"{path.name}: there is no field {name[:40]}.", hint)
    spec = Spec(
        recordings=_texts(path, table, "recordings"),
        strategies=_texts(path, table, "strategies"),
        fixed={key: _text(path, key, value) for key, value in _leaves(_table(path, table, "set"))},
        grid={key: _values(path, key, value) for key, value in _grid(_table(path, table, "grid"))},
        draws=_count(path, table, "draws", 0),
        seed=_count(path, table, "seed", 1),
        windows=_count(path, table, "windows", 2),
        measure=str(table.get("measure", "net")),
    )
    if not spec.grid:
        raise UsageWrong(f"{path.name} has nothing to try.", 'Write [grid] "key" = [1, 2].')
    if spec.measure not in MEASURES:
        raise UsageWrong(f"{path.name}: measure is one of {', '.join(MEASURES)}.")
    if spec.windows < 1:
        raise UsageWrong(f"{path.name}: windows is 1 or more.")
    return spec


def _table(path: Path, table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = table.get(name, {})
    if not isinstance(given, dict):
        raise UsageWrong(f"{path.name}: {name} is a table: [{name}].")
    return given


def _grid(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield dotted keys and what is given for them; a range is a table with `from`."""
    for name, value in table.items():
        if isinstance(value, dict) and "from" not in value:
            yield from _grid(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _values(path: Path, key: str, given: object) -> tuple[str, ...]:
    if isinstance(given, dict):
        return _range(path, key, given)
    if not isinstance(given, list) or not given:
        wanted = f"{key} = [1, 2] or {key} = {{ from = 1, to = 2, step = 0.5 }}"
        raise UsageWrong(f"{path.name}: {key} lists no values.", f"Write {wanted}.")
    return tuple(dict.fromkeys(_text(path, key, value) for value in given))


def _range(path: Path, key: str, given: Mapping[str, object]) -> tuple[str, ...]:
    try:
        first, last, step = (Decimal(str(given[name])) for name in ("from", "to", "step"))
        many = int((last - first) / step) + 1 if step > 0 and last >= first else 0
    except (KeyError, InvalidOperation, OverflowError) as error:
        hint = f"Write {key} = {{ from = 1, to = 2, step = 0.5 }}."
        raise UsageWrong(f"{path.name}: {key} is no range.", hint) from error
    if not 0 < many <= MOST_VALUES:
        raise UsageWrong(f"{path.name}: {key} has {many:,} values; 1 to {MOST_VALUES:,} are taken.")
    return tuple(format((first + step * n).normalize(), "f") for n in range(many))


def _text(path: Path, key: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | str | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    raise UsageWrong(f"{path.name}: {key} is neither a number nor a text.")


def _texts(path: Path, table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = table.get(name, [])
    texts: Sequence[object] = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UsageWrong(f'{path.name}: {name} is a list of texts: ["…"].')
    return tuple(str(text) for text in texts)


def _count(path: Path, table: Mapping[str, Any], name: str, usual: int) -> int:
    value = table.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageWrong(f"{path.name}: {name} is a whole number.")
    return value
