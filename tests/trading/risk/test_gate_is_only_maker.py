import ast
from importlib.util import find_spec
from pathlib import Path

SRC = Path(find_spec("pmterm").origin).parent


def makers_of(name):
    return {
        path.relative_to(SRC).as_posix()
        for path in SRC.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and name in {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}
    }


def test_only_the_gate_makes_approved():
    assert makers_of("Approved") == {"trading/risk/gate.py"}


def test_only_the_executor_asks_the_venue_for_orders():
    assert makers_of("PlaceOrder") == {"trading/execution/executor.py"}
    assert makers_of("AmendOrder") == {"trading/execution/executor.py"}
