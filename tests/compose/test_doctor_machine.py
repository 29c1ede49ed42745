"""What `doctor` says of the computer itself."""

import shutil

import pytest
from tests.compose.exchange_build import by_check

from pmterm.compose.doctor import machine
from pmterm.compose.doctor.lines import Line, Verdict, exit_code, facts, fail, ok, warn, words
from pmterm.compose.doctor.machine import mpv_line, store_line, terminal_lines

GOOD = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "en_GB.UTF-8"}


@pytest.fixture(autouse=True)
def large(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "40")


def told(**environ):
    return by_check(terminal_lines({**GOOD, **environ}, is_terminal=True))


def test_a_good_terminal_is_well_in_every_line():
    assert {line.verdict for line in told().values()} == {Verdict.OK}
    assert told()["terminal size"].says == "120 x 40"


def test_a_small_terminal_is_told_what_is_enough(monkeypatch):
    monkeypatch.setenv("COLUMNS", "79")
    assert told()["terminal size"].verdict is Verdict.WARN
    assert "80 x 24" in told()["terminal size"].fix


@pytest.mark.parametrize(
    ("environ", "check", "fix"),
    [
        ({"NO_COLOR": "1"}, "colours", "NO_COLOR"),
        ({"COLORTERM": ""}, "colours", "COLORTERM"),
        ({"COLORTERM": "", "TERM": "xterm"}, "colours", "256color"),
        ({"TERM": "linux"}, "letters", "terminal window"),
        ({"LANG": "C"}, "letters", "UTF-8"),
        ({"TMUX": "socket,1,0", "TERM": "xterm"}, "tmux", "tmux-256color"),
    ],
)
def test_each_lack_of_a_terminal_is_told_with_its_fix(environ, check, fix):
    line = told(**environ)[check]
    assert line.verdict is Verdict.WARN
    assert fix in line.fix


def test_in_tmux_with_its_own_term_all_is_well():
    assert told(TMUX="socket,1,0", TERM="tmux-256color")["tmux"].verdict is Verdict.OK


def test_without_a_terminal_nothing_is_claimed():
    (line,) = terminal_lines(GOOD, is_terminal=False)
    assert line.verdict is Verdict.WARN


def test_a_store_that_can_be_written_is_told_with_its_room(tmp_path):
    line = store_line(tmp_path / "not" / "yet" / "pmterm.db")
    assert line.verdict is Verdict.OK
    assert "free" in line.says
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_written_fails(tmp_path, monkeypatch):
    def refused(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refused)
    line = store_line(tmp_path / "pmterm.db")
    assert (line.verdict, line.code) == (Verdict.FAIL, 6)
    assert "permission denied" in line.says


@pytest.mark.parametrize(("free", "verdict"), [(50, "fail"), (500, "warn"), (5000, "ok")])
def test_little_room_is_told_in_time(tmp_path, monkeypatch, free, verdict):
    usage = shutil.disk_usage(tmp_path)._replace(free=free * 1024**2)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage)
    assert store_line(tmp_path / "pmterm.db").verdict == verdict


def test_mpv_is_wished_for_and_not_needed():
    assert mpv_line("/usr/bin/mpv").verdict is Verdict.OK
    assert mpv_line(None).verdict is Verdict.WARN


def test_the_network_speaks_first_in_the_exit_code():
    key, net, store = fail("", "a", "", "", 3), fail("", "b", "", "", 5), fail("", "c", "", "", 6)
    assert exit_code([ok("", "x", ""), warn("", "y", "", "")]) == 0
    assert exit_code([store, key, net]) == 5
    assert exit_code([store, key]) == 3
    assert exit_code([store]) == 6


def test_no_word_of_a_venue_moves_the_cursor():
    line = Line("polymarket", "edge", Verdict.FAIL, "a\x1b[2Jb\nc", "fix\x07")
    shown = "\n".join(words([line])) + str(facts([line]))
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert len(list(words([line]))) == 3
