"""What another shell may do to a running session: ask how it is, and stop it."""

from pathlib import Path
from typing import Any

from pmterm.config.paths import control_dir
from pmterm.messages.accounts import Mode
from pmterm.messages.commands import Halt, Panic
from pmterm.model.errors import UsageWrong
from pmterm.runtime.clock import Clock
from pmterm.runtime.control import Ask, ask_session
from pmterm.runtime.hub import Hub
from pmterm.runtime.live_desk import LiveDesk
from pmterm.views.status import status_of

PROOF_S = 3.0  # how long a kill waits for its cancels to be proven before it answers
PATIENCE_S = PROOF_S + 1.0
ENDING = ".sock"
NOT_ANSWERED = 5


class Control:
    """Answers for one session. A kill halts at once and says how many cancels are not proven."""

    def __init__(self, hub: Hub, desk: LiveDesk, clock: Clock) -> None:
        self._hub = hub
        self._desk = desk
        self._clock = clock

    async def answer(self, ask: Ask) -> dict[str, Any]:
        """Do what was asked."""
        if ask.do == "status":
            return status_of(self._desk.board())
        if ask.do == "kill":
            return await self._kill(flatten=ask.flatten)
        return {"error": f"{ask.do[:20]!r} is neither status nor kill"}

    async def _kill(self, *, flatten: bool) -> dict[str, Any]:
        reason = "killed from another shell"
        stamp = self._clock.stamp
        self._hub.put(Panic(stamp()) if flatten else Halt(stamp(), reason))
        waited = 0.0
        await self._hub.settled()
        while self._desk.quit_blockers() and waited < PROOF_S:
            await self._clock.sleep(0.05)
            waited += 0.05
        left = self._desk.quit_blockers()
        return {"killed": True, "flattening": flatten, "unproved": left}


def heed_kill(flag: Path, hub: Hub, clock: Clock) -> None:
    """Halt before anything else if a kill came while no session could hear it.

    The flag goes when a person lets orders through again.
    """
    if flag.exists():
        hub.put(Halt(clock.stamp(), "killed from another shell while pmterm did not answer"))


def socket_of(mode: Mode, process: int) -> Path:
    """Return where a session listens."""
    return control_dir() / f"{mode.value}-{process}{ENDING}"


def ask_all(ask: Ask, *, live_only: bool = False) -> dict[str, dict[str, Any] | None]:
    """Ask every running session of this user; None from one that does not answer in time.

    A socket whose session is gone is taken away.
    """
    folder = control_dir()
    start = Mode.LIVE.value if live_only else ""
    found = sorted(folder.glob(f"{start}*{ENDING}")) if folder.is_dir() else []
    answers: dict[str, dict[str, Any] | None] = {}
    for path in found:
        if not _is_running(path):
            path.unlink(missing_ok=True)
            continue
        answers[path.name.removesuffix(ENDING)] = ask_session(path, ask, PATIENCE_S)
    return answers


def _is_running(path: Path) -> bool:
    process = path.name.removesuffix(ENDING).rpartition("-")[2]
    return process.isdigit() and Path(f"/proc/{process}").exists() if _has_proc() else True


def _has_proc() -> bool:
    return Path("/proc/self").exists()


def status(*, in_words: bool) -> tuple[dict[str, Any], int]:
    """Return the facts of every running session, or its words for a person; and the exit code.

    Raises:
        UsageWrong: none runs.
    """
    answers = ask_all(Ask("status"))
    if not answers:
        raise UsageWrong("no session of pmterm is running here.", "Start one: pmterm watch.")
    silent = [name for name, answer in answers.items() if answer is None]
    facts: dict[str, Any] = {}
    for name, answer in answers.items():
        if answer is not None:
            words = answer.pop("words", [])
            facts[name] = words if in_words else answer
    if silent:
        facts["not answering"] = silent
    return facts, NOT_ANSWERED if silent else 0
