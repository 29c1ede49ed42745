"""`pmterm sim` with accounts and faults, as a process of its own."""

import json
import stat
import urllib.error
import urllib.request

import pytest
from tests.e2e.program import exchange, run

STALL = '[[fault]]\nafter_s = 0\nvenue = "kalshi"\ndo = "stall"\nseconds = 600\n'


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  # loopback
        return json.loads(answer.read())


def test_accounts_have_keys_and_money_and_the_script_plays(tmp_path):
    keys, faults = tmp_path / "keys.json", tmp_path / "faults.toml"
    faults.write_text(STALL + '\n[[fault]]\non = "GET /clob/time"\ndo = "refuse"\nstatus = 503\n')
    words = ("--accounts", str(keys), "--cash", "250.5", "--wallet", "safe")
    with exchange(tmp_path, *words, "--faults", str(faults)) as facts:
        assert facts["accounts"] == ["tester-1"]
        assert stat.S_IMODE(keys.stat().st_mode) == 0o600
        ledger = get(facts["url"] + "/sim/ledger")
        cash = ledger["accounts"]["tester-1"]["cash"]
        assert cash == {"kalshi/0": 250_500_000, "polymarket/0": 250_500_000}
        with pytest.raises(urllib.error.HTTPError, match="503"):
            get(facts["url"] + "/clob/time")
        assert get(facts["url"] + "/clob/time") > 0
        fired = get(facts["url"] + "/sim/faults")
        assert [(one["rule"], one["do"]) for one in fired] == [(1, "stall"), (2, "refuse")]
    (written,) = json.loads(keys.read_text())["accounts"]
    assert written["polymarket"]["signature_type"] == 2
    with exchange(tmp_path, *words) as facts:
        assert facts["accounts"] == [written["account"]]
    assert json.loads(keys.read_text())["accounts"] == [written]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (STALL + '[[fault]]\non = "* *"\ndo = "explode"\n', ("faults.toml, rule 2", "drop reply")),
        ("nothing", ("faults.toml", "[[fault]]")),
    ],
)
def test_wrong_script_is_refused_before_anything_is_served(tmp_path, script, words):
    (tmp_path / "faults.toml").write_text(script)
    ran = run(tmp_path, "sim", "--port", "0", "--faults", "faults.toml")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert all(word in ran.stderr for word in words)
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cash", "much"), "sim.cash"),
        (("--cash", "-1"), "sim.cash"),
        (("--wallet", "purse"), "eoa"),
        (("--accounts", "."), "not a plain file"),
    ],
)
def test_wrong_wish_is_refused(tmp_path, options, words):
    ran = run(tmp_path, "sim", "--port", "0", "--accounts", "keys.json", *options)
    assert ran.returncode != 0
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr
