"""What is typed or set wrong, or is not there, ends in words and a stable exit code."""

import json
import socket

import pytest
from tests.e2e.program import exchange, run


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    with exchange(tmp_path_factory.mktemp("sim")) as facts:
        yield facts


def test_an_unknown_market_is_said_and_is_6(tmp_path, sim):
    told = run(tmp_path, "watch", "no-such-market", "--plain", "--exchange", sim["url"])
    assert told.returncode == 6
    assert "no venue knows 'no-such-market'" in told.stderr


def test_errors_are_json_when_json_was_asked_for(tmp_path, sim):
    told = run(tmp_path, "watch", "no-such-market", "--json", "--exchange", sim["url"])
    error = json.loads(told.stderr)
    assert error["code"] == told.returncode == 6
    assert error["hint"]


def test_no_network_is_5_and_says_what_did_not_answer(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        told = run(tmp_path, "watch", "a-b", "--plain", "--exchange", f"http://127.0.0.1:{port}")
    assert told.returncode == 5
    assert "Network" in told.stderr


def test_kalshi_without_a_key_is_3_and_says_which_settings(tmp_path, sim):
    told = run(tmp_path, "watch", sim["kalshi"][0], "--plain", "--exchange", sim["url"])
    assert told.returncode == 3
    assert "kalshi.key_file" in told.stderr


def test_a_file_that_is_no_key_is_3_and_its_text_is_not_shown(tmp_path, sim):
    wrong = tmp_path / "key.pem"
    wrong.write_text("canary-secret-text")
    wrong.chmod(0o600)
    told = run(
        tmp_path,
        "watch",
        sim["kalshi"][0],
        "--plain",
        "--exchange",
        sim["url"],
        PMTERM_KALSHI__KEY_ID="x",
        PMTERM_KALSHI__KEY_FILE=str(wrong),
    )
    assert told.returncode == 3
    assert "canary" not in told.stderr + told.stdout


def test_a_key_that_others_can_read_is_refused(tmp_path, sim):
    loose = tmp_path / "key.pem"
    loose.write_text("x")
    loose.chmod(0o644)
    told = run(
        tmp_path,
        "watch",
        sim["kalshi"][0],
        "--plain",
        "--exchange",
        sim["url"],
        PMTERM_KALSHI__KEY_ID="x",
        PMTERM_KALSHI__KEY_FILE=str(loose),
    )
    assert told.returncode == 3
    assert "chmod 600" in told.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[general]\nthme = 'dark'\n", "theme"),
        ("[general]\nslow = 'maybe'\n", "slow"),
        ("[risk]\nmax_position = -5\n", "max_position"),
        ("[general\n", "line 1"),
    ],
)
def test_a_wrong_setting_is_2_and_names_file_line_and_key(tmp_path, text, words):
    (tmp_path / "pmterm.toml").write_text(text)
    told = run(tmp_path, "config", "check")
    assert told.returncode == 2
    assert "pmterm.toml" in told.stderr
    assert words in told.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.ndjson.zst", b""),
        ("other.ndjson.zst", b"GIF89a" + b"\x00" * 100),
        ("later.ndjson", b'{"kind":"header","format":"pmterm-recording","version":99}\n'),
        ("json.ndjson", b'{"hello":"world"}\n'),
    ],
)
@pytest.mark.parametrize("command", ["verify", "info"])
def test_what_is_no_recording_of_ours_is_6_and_said(tmp_path, name, content, command):
    (tmp_path / name).write_bytes(content)
    told = run(tmp_path, "recording", command, name)
    assert told.returncode == 6
    assert told.stderr.startswith("Recording")


def test_a_recording_that_is_not_there_is_6(tmp_path):
    told = run(tmp_path, "replay", "nothing.ndjson.zst", "--plain")
    assert told.returncode == 6
    assert "nothing.ndjson.zst" in told.stderr


def test_a_command_that_does_not_exist_is_2(tmp_path):
    assert run(tmp_path, "wtch").returncode == 2


def test_an_unknown_export_is_2_and_lists_what_there_is(tmp_path):
    told = run(tmp_path, "export", "secrets")
    assert told.returncode == 2
    assert "fills" in told.stderr
