"""What is noticed once the screen is gone is said where the shell is."""

from pmterm.compose.front import Front, with_last_words
from pmterm.messages.health import Noticed
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.trading.pipeline import Pipeline


async def test_only_what_the_screen_shows_no_more_is_said_on_stderr(capfd):
    engine = Engine({}, Pipeline([]), NoBroker())

    async def screen():
        engine.announce(Noticed(0, "shown on the screen"))
        return 3

    assert await with_last_words(Front(screen, lambda _: None), engine).run() == 3
    engine.announce(Noticed(0, "not proven cancelled"))
    assert capfd.readouterr().err == "pmterm: not proven cancelled\n"
