"""B5: the trade screen under load, in a pseudo terminal of 200 x 50.

    python benchmarks/screen.py [--json] [--rates 0,1000,10000] [--seconds 10]

Per rate of book changes: share of one core, key to screen p50 and p99, bytes a second, and the
longest time the event loop was held while the terminal stopped reading for 3 s. The child is
this same file with `--child`; its desk is the one of the screen's tests, with a book that moves.
"""

import argparse
import asyncio
import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = {"1": b" size 5 ", "2": b" size 10 ", "3": b" size 25 ", "4": b" size 50 "}
STUCK_S = 3.0
KEYS = 300


def child(rate: int, report: Path) -> None:
    """Run the screen on a desk whose book changes `rate` times a second."""
    sys.path.insert(0, str(ROOT))
    from tests.pilot.fake_desk import FakeDesk
    from tests.pilot.screen_build import MAP_THREE, NOW

    from pmterm.messages.feed import TradeSeen
    from pmterm.model.order import Side
    from pmterm.model.units import QTY_ONE
    from pmterm.tui.app import TradingApp

    class Clock:
        def now(self) -> int:
            return NOW + time.monotonic_ns()

        def monotonic(self) -> int:
            return time.monotonic_ns()

    desk = FakeDesk()
    reader = desk.reader
    bids, asks = reader.levels(MAP_THREE, 60)
    book = {True: dict(bids), False: dict(asks)}
    prices = {side: list(levels) for side, levels in book.items()}
    reader.levels = lambda _market, n: (list(book[True].items())[:n], list(book[False].items())[:n])
    lags: list[tuple[float, float]] = []

    async def feed() -> None:
        done, began, turn = 0, time.monotonic(), 0
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            now = time.monotonic()
            if now - before > 0.02:
                lags.append((now, now - before - 0.01))
            due = int((now - began) * rate)
            for number in range(done, due):
                side = number % 2 == 0
                price = prices[side][number * 7 % 18]
                book[side][price] = (1 + number * 7919 % 900) * QTY_ONE
                if number % 20 == 0:
                    trade = TradeSeen(
                        NOW + number, 0, MAP_THREE, price, (1 + number % 90) * QTY_ONE,
                        Side.BUY if side else Side.SELL,
                    )  # fmt: skip
                    desk.hear(trade)
            done = due
            turn += 1

    async def main() -> None:
        app = TradingApp(desk, Clock())
        async with asyncio.TaskGroup() as group:
            feeding = group.create_task(feed())
            await app.run_async()
            feeding.cancel()

    asyncio.run(main())
    report.write_text(json.dumps(lags), encoding="utf-8")


class Terminal:
    """A child in a pseudo terminal, and what it writes."""

    def __init__(self, command: list[str], columns: int = 200, rows: int = 50) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            time.sleep(0.05)
            os.execvpe(command[0], command, env)  # noqa: S606  # our own program
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.count = 0
        self.tail = b""

    def read(self, seconds: float, until: tuple[bytes, ...] = ()) -> float | None:
        """Read for a while, or until all marks came; return when the last one did."""
        end = time.monotonic() + seconds
        seen = b""
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                data = os.read(self.fd, 65_536)
            except OSError:
                break
            self.count += len(data)
            seen += data
            self.tail = (self.tail + data)[-200_000:]
            if until and all(mark in seen for mark in until):
                return time.monotonic()
        return None

    def press(self, key: str) -> None:
        """Type."""
        os.write(self.fd, key.encode())

    def cpu_s(self) -> float:
        """Return the processor time the child has used (Linux)."""
        fields = (
            Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Quit; kill if it does not."""
        self.press("\x11")
        for _ in range(50):
            self.read(0.1)
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def measure(rate: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "lags.json"
        terminal = Terminal(
            [sys.executable, __file__, "--child", str(rate), "--report", str(report)]
        )
        if terminal.read(20, (b"BOOK", b"SIGNALS")) is None:
            raise SystemExit("the screen did not come up")
        terminal.read(1.5)
        began, cpu, count = time.monotonic(), terminal.cpu_s(), terminal.count
        terminal.read(seconds)
        spent = time.monotonic() - began
        result = {
            "rate": rate,
            "cpu_percent": 100 * (terminal.cpu_s() - cpu) / spent,
            "bytes_per_s": (terminal.count - count) / spent,
        }
        waits = []
        for number in range(KEYS):
            key = "1234"[number % 4]
            pressed = time.monotonic()
            terminal.press(key)
            came = terminal.read(2, (SIZES[key],))
            waits.append((came or pressed + 2) - pressed)
            terminal.read(0.03 + number % 7 * 0.013)
        waits.sort()
        result["key_p50_ms"] = 1000 * statistics.median(waits)
        result["key_p99_ms"] = 1000 * waits[int(len(waits) * 0.99)]
        stopped = time.monotonic()
        time.sleep(STUCK_S)
        resumed = time.monotonic()
        terminal.read(0.5)
        terminal.end()
        lags = json.loads(report.read_text(encoding="utf-8")) if report.exists() else []
        stuck = [lag for at, lag in lags if stopped <= at <= resumed]
        result["stuck_lag_ms"] = 1000 * max(stuck, default=0.0)
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rates", default="0,1000,10000")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--child", type=int)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    if options.child is not None:
        child(options.child, options.report)
        return
    results = [measure(int(rate), options.seconds) for rate in options.rates.split(",")]
    if options.json:
        print(json.dumps(results))
        return
    print("changes/s   CPU %   key p50 ms   key p99 ms   kB/s   stuck terminal: lag ms")
    for r in results:
        print(
            f"{r['rate']:9,.0f}  {r['cpu_percent']:6.1f}  {r['key_p50_ms']:11.1f}"
            f"  {r['key_p99_ms']:11.1f}  {r['bytes_per_s'] / 1000:5.1f}  {r['stuck_lag_ms']:23.0f}"
        )


if __name__ == "__main__":
    main()
