"""What must hold of the code itself, beyond the import layers."""

import ast
import pathlib
import subprocess
import sys

import pmterm

SOURCE = pathlib.Path(pmterm.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))


def calls(path, name):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") == name or getattr(node.func, "attr", "") == name)
    ]


def test_only_the_gate_makes_an_approved_order():
    makers = [path.relative_to(SOURCE).as_posix() for path in FILES if calls(path, "Approved")]
    assert makers == ["trading/risk/gate.py"]


def test_no_broad_except_outside_the_supervisors():
    broad = {
        path.relative_to(SOURCE).as_posix()
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    }
    assert broad <= {"runtime/supervisor.py", "trading/strategy/strategies.py"}


def test_packages_stay_empty():
    assert [p for p in SOURCE.rglob("__init__.py") if p.read_text(encoding="utf-8").strip()] == []


def test_what_thinks_loads_no_screen_no_socket_no_database():
    thinking = (
        "pmterm.trading.pipeline, pmterm.trading.book.books, pmterm.trading.signal.detector, "
        "pmterm.trading.risk.gate, pmterm.venues.kalshi.feed, pmterm.venues.polymarket.feed, "
        "pmterm.views.board"
    )
    doors = ["textual", "aiohttp", "websockets", "aiosqlite", "sqlite3"]
    code = f"import sys, {thinking}; print([d for d in {doors} if d in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
