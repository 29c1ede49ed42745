"""What the README says is so: its commands, its dependencies, its tables, its picture."""

import os
import re
import tomllib
from pathlib import Path

import pytest
from tests.docs.demo_evening import Evening, StillClock
from typer.testing import CliRunner

from pmterm.cli.program import app as commands
from pmterm.tui.app import TradingApp

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE = ROOT / "docs" / "screen.svg"


def blocks():
    return re.findall(r"^```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_first_two_blocks_are_one_command_each():
    first, second = blocks()[:2]
    assert first.count("\n") == second.count("\n") == 1
    assert first.rstrip().endswith("pmterm watch demo")
    assert second.rstrip().endswith("pytest")


def test_every_dependency_has_its_reason_and_no_other_is_named():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = names_of(project["dependencies"], project) | names_of(["pmterm[test]"], project)
    table = README.split("## Dependencies")[1].split("\n## ")[0]
    told = set(re.findall(r"^\| `([\w-]+)` ", table, re.MULTILINE))
    assert told == names


def names_of(requirements, project):
    """Name the packages wanted, and those of our own extras that are wanted with them."""
    extras, names = project["optional-dependencies"], set()
    for requirement in requirements:
        name, wanted = re.match(r"([\w-]+)(?:\[([\w,]+)\])?", requirement).groups()
        if name != "pmterm":
            names.add(name)
            continue
        for extra in wanted.split(","):
            names |= names_of(extras[extra], project)
    return names


def test_every_command_is_named():
    told = set(re.findall(r"^\| `pmterm ([a-z]+(?: [a-z]+)?)", README, re.MULTILINE))
    assert sorted(told) == every_command()


def every_command():
    """Name each command as it is typed."""
    groups = {group.name: group.typer_instance for group in commands.registered_groups}
    there = {command.callback.__name__ for command in commands.registered_commands}
    for name, group in groups.items():
        there |= {f"{name} {command.name}" for command in group.registered_commands}
    return sorted(there)


@pytest.mark.parametrize("command", every_command())
def test_help_of_every_command_prints(command):
    told = CliRunner().invoke(commands, [*command.split(), "--help"])
    assert told.exit_code == 0
    assert "Usage" in told.stdout


def test_every_symptom_is_something_that_pmterm_says():
    table = README.split("## When something goes wrong")[1].split("\n## ")[0]
    symptoms = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    said = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    said = re.sub(r'"\n\s*f?"', "", said)
    told = [word for symptom in symptoms for word in re.findall(r"`([^`]+)`", symptom)]
    assert len(told) > 8
    assert [w for t in told for w in t.split("…") if w.strip() and w.strip() not in said] == []


def test_every_document_named_is_there():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for name in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / name).is_file(), f"{page.name} names {name}"


async def test_the_picture_is_what_the_program_draws_today():
    screen = TradingApp(Evening(), StillClock())
    async with screen.run_test(size=(132, 40)) as pilot:
        await pilot.pause(0.7)
        drawn = screen.export_screenshot(title="pmterm watch demo", simplify=True)
    drawn = re.sub(r"terminal-\d+", "terminal", drawn)
    if os.environ.get("PMTERM_PICTURES") == "write":
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(drawn, encoding="utf-8")
    assert PICTURE.read_text(encoding="utf-8") == drawn, "PMTERM_PICTURES=write draws it afresh"
