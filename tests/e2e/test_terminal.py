"""The terminal as a person drives it: real keys in tmux. Needs tmux, else it is skipped."""

import re

import pytest
from tests.e2e.program import exchange, kalshi_key
from tests.e2e.tmux import Tmux, needs_tmux

pytestmark = needs_tmux

QUICK = {"PMTERM_RISK__MARKET_COOLDOWN_S": "off"}  # or each second order would have to wait 5 s
LADDER = re.compile(r"spread \d")
FOUND = re.compile(r"\d+/\d+ +\$")
CASH = re.compile(r"cash (\$[\d,.]+)")


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    with exchange(tmp_path_factory.mktemp("sim")) as facts:
        yield facts | {"quiet": facts["polymarket"][2]}  # the rumour leaves this market alone


@pytest.fixture
def window(tmp_path, sim):
    tmux = Tmux(tmp_path, **QUICK, **kalshi_key(sim))
    yield tmux
    tmux.close()


def has_book(screen):
    return LADDER.search(screen) is not None


def order(qty, state):
    """Whether the list of orders has such a row."""
    row = re.compile(rf"\b{qty} @ \d+(\.\d)? +{state}\b")
    return lambda screen: row.search(screen) is not None


def start(window, sim, *markets):
    window.start("watch", *markets, "--exchange", sim["url"])


def find_market(window):
    """Take the last of the five markets that the finder has for some letters: the quiet one."""
    window.wait("FIND A MARKET")
    window.type("valor")
    window.wait(lambda screen: "│valor" in screen and len(FOUND.findall(screen)) == 5)
    window.press(*["Down"] * 4, "Enter")
    window.wait(lambda screen: has_book(screen) and "Map 2 Winner" in screen)


def send(window, title):
    """Send the ticket that is open, and wait until it is gone. Enter counts after a moment."""
    window.press_until("Enter", lambda screen: "Sent " in screen or title not in screen)
    window.wait(lambda screen: title not in screen)


def buy(window):
    window.press_until("b", "┃ BUY ")
    send(window, "┃ BUY ")
    return window.wait(lambda screen: "holding 10" in screen and order(10, "FILLED")(screen))


def leave(window):
    window.press("C-q")
    window.wait("left with 0")
    assert window.modes() == "0 0"


def resume(window):
    window.press("R")
    window.wait("Type resume and press enter")
    window.type("resume")
    window.wait(re.compile(r"┃ +resume ").search)
    window.press_until("Enter", lambda screen: "RESUME" not in screen)


def test_find_buy_limit_amend_cancel_panic_quit_and_resume(window, sim):
    start(window, sim)
    find_market(window)
    buy(window)

    window.press_until("l", "┃ BUY ")
    window.press(*["["] * 25)  # far below the touch: it must rest
    window.wait("fills 0 now, 10 rests")
    send(window, "┃ BUY ")
    window.wait(order(10, "OPEN"))

    window.press("F5")
    window.wait("▶ ORDERS")
    window.press_until("l", "┃ AMEND ")
    window.press("+")
    window.wait("size 15")
    send(window, "┃ AMEND ")
    window.wait(order(15, "OPEN"))

    window.press_until("c", order(15, "CANCELLED"))
    assert "holding 10" in window.screen()

    window.press("Escape")
    window.wait("PANIC? esc or enter: cancels 0 orders, closes 10 ")
    window.press_until("Escape", "REDUCING")
    done = window.wait(lambda screen: "holding 10" not in screen and order(10, "FILLED")(screen))
    cash = CASH.search(done).group(1)
    leave(window)

    start(window, sim, sim["quiet"])
    again = window.wait(lambda screen: "REDUCING" in screen and has_book(screen))
    assert CASH.search(again).group(1) == cash != "$10,000.00"
    assert "holding 10" not in again
    resume(window)
    window.wait(lambda screen: "REDUCING" not in screen)
    leave(window)


def test_position_and_kill_outlive_the_session_and_can_be_undone(window, sim):
    start(window, sim, sim["quiet"])
    window.wait(has_book)
    cash = CASH.search(buy(window)).group(1)
    window.press("C-k")
    window.wait(" KILLED ")
    leave(window)

    start(window, sim)  # no market named: the finder, and what is held is watched again
    window.wait("FIND A MARKET")
    window.press_until("Escape", lambda screen: "FIND A MARKET" not in screen)
    again = window.wait(lambda screen: "holding 10" in screen and has_book(screen))
    assert " KILLED " in again
    assert CASH.search(again).group(1) == cash
    window.press_until("b", "┃ BUY ")
    window.press_until("Enter", "halted")
    window.press("Escape")
    window.wait(lambda screen: "┃ BUY " not in screen)
    resume(window)
    window.wait(lambda screen: " KILLED " not in screen)
    window.press_until("x", lambda screen: "holding 10" not in screen)
    leave(window)


def test_ctrl_z_gives_the_shell_back_and_fg_starts_the_books_afresh(window, sim):
    start(window, sim, sim["quiet"])
    window.wait(has_book)
    window.press("C-z")
    window.wait("cancels nothing, 0 orders stay open")
    window.press_until("C-z", lambda _: window.modes() == "0 0")
    window.wait("Stopped")
    window.ask("run-shell", "sleep 3")  # so long that books have to be taken for lost
    window.type("fg")
    window.press("Enter")
    window.wait("pmterm stood")
    window.wait(has_book)
    assert window.modes() == "1 1"
    window.press("C-q")
    window.wait(lambda _: window.modes() == "0 0")


def test_closing_the_window_ends_the_program(window, sim, tmp_path):
    start(window, sim, sim["quiet"])
    window.wait(has_book)
    told = tmp_path / "pids"
    window.ask("run-shell", f"pgrep -P '#{{pane_pid}}' > '{told}'")
    pid = int(told.read_text().split()[0])
    window.close()
    window.wait_for_end(pid)
