"""docs/evidence.md and what the README says of it: every rate with its n, and the same figures."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
EVIDENCE = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
RATE = re.compile(r"[0-9.]+ (?:%|points) \[")
N = re.compile(r"\bn \d+|\d+ of \d+")


def section():
    return README.partition("### What the signals are worth")[2].partition("\n## ")[0]


def test_every_rate_has_its_n():
    pieces = [cell for line in EVIDENCE.splitlines() for cell in re.split(r" \| |, |; ", line)]
    rates = [piece for piece in pieces if RATE.search(piece)]
    assert len(rates) > 50
    whole = [line for line in EVIDENCE.splitlines() if RATE.search(line)]
    assert [line for line in whole if len(N.findall(line)) == 0] == []
    cells = [cell for line in whole if line.startswith("| ") for cell in line.split(" | ")]
    assert [cell for cell in cells if RATE.search(cell) and not N.search(cell)] == []


def test_the_readme_says_what_the_document_found():
    told = section()
    assert "nothing was left after costs" in told
    assert "**No edge here.**" in EVIDENCE
    for share, n in re.findall(r"(\d+\.\d) %[^.(]*?\(n (\d+)\)", told):
        assert re.search(rf"{re.escape(share)} % \[[^\]]*\] n {n}\b", EVIDENCE), (share, n)
    for net, n in re.findall(r"(?:lost|lost\n +)\s*(\d+\.\d) cents.*?\(n (\d+)\)", told, re.DOTALL):
        assert re.search(rf"-{re.escape(net)} \[[^\]]*\] n {n}\b", EVIDENCE), (net, n)


def test_it_names_no_machine():
    assert not re.search(r"/(?:home|work|tmp|root|Users)/", EVIDENCE)


def test_made_up_worlds_are_told_with_how_many():
    assert "null seeds: 200" in EVIDENCE
    good = re.search(r"- called good: (\d+) of (\d+) ", EVIDENCE)
    assert int(good[1]) <= 0.05 * int(good[2])
    assert re.search(r"- size inside its interval: \d+ of 200 \(", EVIDENCE)
