"""What is typed or set wrong, or is not there, ends in words and a stable exit code."""

import json
import socket

import pytest
import zstandard
from tests.e2e.program import Program, exchange, run


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


HEADER = b'{"kind":"header","format":"pmterm-recording","version":1,"note":"\\u001b]0;A\\u0007"}\n'


def frame(text, at=1):
    line = {"kind": "frame", "at": at, "venue": "kalshi", "conn": 1, "text": text}
    return json.dumps(line).encode() + b"\n"


@pytest.mark.parametrize("command", ["info", "verify"])
def test_what_a_recording_says_does_not_make_the_terminal_act(tmp_path, command):
    hostile = '{"type":"\\u001b]0;A\\u0007\\u009b31m"}'
    (tmp_path / "r.ndjson").write_bytes(HEADER + frame(hostile) + frame("\x1b[31m\u009b"))
    told = run(tmp_path, "recording", command, "r.ndjson")
    assert "31m" in told.stdout
    assert not set("\x1b\x07\x9b") & set(told.stdout + told.stderr)


@pytest.mark.parametrize("command", ["info", "verify"])
def test_frames_nested_deep_in_a_recording_are_counted_not_a_crash(tmp_path, command):
    (tmp_path / "r.ndjson").write_bytes(HEADER + frame('{"a":' * 100_000) + frame("[" * 100_000))
    told = run(tmp_path, "recording", command, "r.ndjson", "--json")
    assert json.loads(told.stdout)["frames"] == {"unreadable": 2}


def test_a_time_that_no_clock_says_is_damage_not_an_endless_wait(tmp_path):
    late = frame("{}", at=10**400)
    (tmp_path / "r.ndjson").write_bytes(HEADER + frame("{}") + late + frame("{}", at=-5))
    told = run(tmp_path, "recording", "verify", "r.ndjson", "--json")
    assert told.returncode == 6
    assert [line[:7] for line in json.loads(told.stdout)["damage"]][:2] == ["line 3:", "line 4:"]


def test_a_small_file_of_a_great_many_broken_lines_is_given_up(tmp_path):
    (tmp_path / "r.ndjson.zst").write_bytes(zstandard.compress(HEADER + b"{}\n" * 50_000_000))
    told = run(tmp_path, "recording", "verify", "r.ndjson.zst")
    assert told.returncode == 6
    assert "lines that do not read" in told.stderr


def test_a_replay_of_a_damaged_recording_tells_the_damage_and_plays_past(tmp_path):
    (tmp_path / "r.ndjson").write_bytes(HEADER + frame("{}") + b"oops\n" + frame("{}", at=2))
    told = run(tmp_path, "replay", "r.ndjson", "--plain")
    assert told.returncode == 0
    assert "notice the recording is damaged in a place and plays past: line 3" in told.stdout


def test_a_port_that_is_taken_or_is_none_is_2(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = run(tmp_path, "sim", "--port", str(taken.getsockname()[1]))
    assert (told.returncode, "already in use" in told.stderr) == (2, True)
    assert run(tmp_path, "sim", "--port", "65536").returncode == 2


def test_an_unknown_theme_is_2_in_any_mode(tmp_path):
    told = run(tmp_path, "watch", "demo", "--theme", "drak")
    assert told.returncode == 2
    assert '"dark", "classic", "light"' in told.stderr


def test_settings_are_told_to_programs_as_values_and_sources(tmp_path):
    told = run(tmp_path, "config", "show", "--json", PMTERM_SIM__SEED="7")
    assert json.loads(told.stdout)["sim.seed"] == {
        "value": "7",
        "source": "environment variable PMTERM_SIM__SEED",
    }


def test_the_written_settings_file_changes_nothing(tmp_path):
    assert run(tmp_path, "config", "init").returncode == 0
    told = run(tmp_path, "config", "check", "--json")
    assert json.loads(told.stdout)["changed from the defaults"] == 0
    assert run(tmp_path, "config", "init").returncode == 2


def test_the_version_is_told(tmp_path):
    assert run(tmp_path, "--version").stdout.startswith("pmterm 0.")


def test_plain_lines_without_a_market_say_so_and_commands_can_change_market(tmp_path, sim):
    assert "No market was named" in run(tmp_path, "watch", "--plain", stdin="quit\n").stderr
    first, second = sim["polymarket"][:2]
    told = Program(tmp_path, "watch", first, second, "--exchange", sim["url"], "--plain")
    told.wait_for(lambda line: f"touch {second} bid 0." in line)
    for line in (f"focus {second}", "focus nothing", "markets"):
        told.say(line)
    told.wait_for(lambda line: line == f"commands mean {second} now")
    told.wait_for(lambda line: line.startswith("'nothing' is not watched"))
    assert told.wait_for(lambda line: line.endswith(", here")).startswith(f"{second}: ")
    assert told.quit() == 0
