"""What each run of a sweep came to, kept line by line as it comes in."""

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import msgspec

from pmterm.lab.outcome import Followed, Outcome
from pmterm.model.units import Cash
from pmterm.store.private_files import broken


class Score(msgspec.Struct, frozen=True):
    """One point on one recording: the net of each trade that is known, in order.

    `hash` is that of what was done (`lab/acts.py`), from order to cash. `opened` are their times
    (Unix ns); `unknown` counts trades over a gap or cut off by the end. `signal_nets` are what the
    signals that strategies hear came to, one contract of each without orders; `signals_unknown`
    counts those that were cut short.
    """

    key: str
    hash: str
    nets: tuple[Cash, ...]
    opened: tuple[int, ...]
    markets: tuple[str, ...]
    unknown: int
    signal_nets: tuple[Cash, ...] = ()
    signal_markets: tuple[str, ...] = ()
    signals_unknown: int = 0

    def by_signals(self) -> Self:
        """Return the same with signals in the place of trades."""
        return msgspec.structs.replace(
            self,
            nets=self.signal_nets,
            opened=(),
            markets=self.signal_markets,
            unknown=self.signals_unknown,
        )


def score_of(key: str, acts: str, outcome: Outcome, signals: Sequence[Followed]) -> Score:
    """Return what of an outcome a sweep goes by.

    `acts` is the hash of what was done, `signals` are those that strategies would act on.
    """
    known = [trade for trade in outcome.trades if trade.is_known]
    return Score(
        key,
        acts,
        tuple(trade.net for trade in known),
        tuple(trade.entered_at for trade in known),
        tuple(trade.market for trade in known),
        len(outcome.trades) - len(known),
        tuple(signal.net for signal in signals if signal.is_whole),
        tuple(signal.market for signal in signals if signal.is_whole),
        sum(not signal.is_whole for signal in signals),
    )


class Results:
    """A file of scores, one a line. A line that was cut or changed counts as not there.

    Raises:
        StoreBroken: it is there and cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.known: dict[str, Score] = {}
        decode = msgspec.json.Decoder(Score).decode
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise broken(path, error) from error
        for line in lines:
            with contextlib.suppress(msgspec.MsgspecError):
                score = decode(line)
                self.known[score.key] = score

    def add(self, scores: Iterable[Score]) -> None:
        """Keep scores.

        Raises:
            StoreBroken: the disk will not have them.
        """
        fresh = {score.key: score for score in scores if score.key not in self.known}
        if not fresh:
            return
        self.known |= fresh
        try:
            with self._path.open("ab") as file:
                if file.tell() and not self._ends_whole():
                    file.write(b"\n")
                file.write(b"".join(msgspec.json.encode(one) + b"\n" for one in fresh.values()))
        except OSError as error:
            raise broken(self._path, error) from error

    def _ends_whole(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, 2)
            return file.read(1) == b"\n"
