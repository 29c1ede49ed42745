"""What is compiled where asked for; the same tests run on both builds."""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
HOOK = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]


def classes(path):
    """The classes of a module, with the names of their parents."""
    body = ast.parse((ROOT / path).read_text()).body
    return {
        one.name: {parent.id for parent in one.bases if isinstance(parent, ast.Name)}
        for one in body
        if isinstance(one, ast.ClassDef)
    }


def test_nothing_is_compiled_unless_asked_for():
    assert HOOK["enable-by-default"] is False


def test_all_that_is_to_be_compiled_is_there():
    assert [path for path in HOOK["include"] if not (ROOT / path).is_file()] == []


def test_a_compiled_class_has_no_uncompiled_child():
    """Python refuses to make one."""
    compiled = {
        name
        for path in HOOK["include"]
        for name, parents in classes(path).items()
        if "Protocol" not in parents
    }
    for path in [*ROOT.glob("src/**/*.py"), *ROOT.glob("benchmarks/*.py")]:
        if str(path.relative_to(ROOT)) not in HOOK["include"]:
            own = classes(path)
            assert not compiled.difference(own) & set().union(*own.values()), path
