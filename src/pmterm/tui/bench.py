"""All the backtest screen may ask for, as a Protocol."""

from typing import Protocol

from pmterm.views.bench import Choice, Jump, RecordingRow, RunView


class Bench(Protocol):
    """What stands behind the backtest screen. Nothing here waits."""

    choice: Choice

    def recordings(self) -> list[RecordingRow]:
        """The recordings there are, with what is known of them so far."""
        ...

    def folder(self) -> str:
        """Where they are looked for."""
        ...

    def strategies(self) -> list[str]:
        """All strategies by name."""
        ...

    def usual(self, strategy: str) -> str:
        """The parameters of a strategy as they are: `fade.stop_ppm=30000 …`."""
        ...

    def wrong(self, parameters: str) -> str:
        """Why parameters do not read, "" if they do."""
        ...

    def wrong_times(self, since: str, until: str) -> str:
        """Why the times between which strategies act do not read, "" if they do."""
        ...

    def start(self) -> None:
        """Play what is chosen, in a process of its own. Raises PmtermError."""
        ...

    def stop(self) -> None:
        """Stop at the next safe place; what was found stays."""
        ...

    def keep(self) -> None:
        """Count what was played in the records of strategies. Raises PmtermError."""
        ...

    def command(self, jump: Jump) -> str:
        """The command that shows a trade of the run in the replay."""
        ...

    def run(self) -> RunView:
        """How far it is."""
        ...

    def end(self) -> None:
        """End all that runs for it."""
        ...
