"""Every screen and dialog of a live session as a picture, with all of the log on: no secret."""

import asyncio
import logging

import pytest
from tests.canary.hunt import Hunt
from tests.live.evening import BUY, POLY, WALLET_KEY, evening, open_exchange, pem_of
from tests.live.virtual import run
from tests.monkey import keyboard
from tests.monkey.monkey import textual_on

from pmterm.messages.orders import Refused
from pmterm.model.ids import Venue
from pmterm.runtime.log import Redactor, log_to
from pmterm.runtime.log_lines import log_listeners
from pmterm.sim.fault_script import Do, Rule
from pmterm.store.journal import JOURNALED
from pmterm.tui.app import TradingApp

DIALOGS = {
    "trade": [],
    "arm": ["a"],
    "ticket": ["b"],
    "finder": ["slash"],
    "help": ["question_mark"],
    "palette": ["ctrl+p"],
    "health": ["f8"],
    "log": ["f9"],
    "orders": ["f5"],
    "kill": ["ctrl+k"],
    "flatten": ["ctrl+k", "ctrl+k"],
    "resume": ["escape", "R"],
}


async def pictures(here, hunt):
    """Open each dialog in its turn, and look at its picture."""
    app = TradingApp(here.session.desk, here.exchange.clock)
    running = asyncio.ensure_future(app.run_async(headless=True, size=(160, 50)))  # noqa: TID251
    await asyncio.sleep(1)
    for name, keys in DIALOGS.items():
        for key in keys:
            keyboard.press(app, key)
            await asyncio.sleep(1)
        with app._context():
            hunt.look_at_picture(f"picture of {name}", app.export_screenshot())
        for _ in range(len(app.screen_stack) - 2):
            keyboard.press(app, "escape")
            await asyncio.sleep(1)
    app.exit()
    await running
    assert app.crash is None


async def bad_hour(here, exchange):
    """Orders that are refused, lost and unauthorized, and streams that break."""
    await here.arm(POLY)
    await here.order(POLY, BUY, 10, 4_600)
    add = exchange.server.player.add
    unauthorized = '{"error":"Unauthorized/Invalid api key"}'
    for rule in (
        Rule(do=Do.REFUSE, on="POST /clob/order", status=401, body=unauthorized),
        Rule(do=Do.NOT_JSON, on="GET /clob/data/orders*"),
        Rule(do=Do.DROP_STREAMS, after_s=1, venue=Venue.POLYMARKET),
        Rule(do=Do.UNKNOWN_TYPE, after_s=1, venue=Venue.KALSHI),
    ):
        add(rule)
    await here.order(POLY, BUY, 10, 4_500)
    await asyncio.sleep(60)


def test_no_picture_log_line_or_message_holds_a_secret(tmp_path):
    """The log has no redactor that would hide what should never have come to it."""
    hunt = Hunt(wallet=WALLET_KEY)

    async def tell():
        with textual_on(asyncio.get_running_loop(), 1):
            async with open_exchange() as (exchange, key):
                hunt.add("api secret", key.secret.reveal())
                hunt.add("api passphrase", key.passphrase.reveal())
                hunt.add("pem", pem_of(exchange.kalshi_key))
                async with evening(exchange, key=key) as here:
                    engine = here.session.parts.engine
                    engine.listen(log_listeners())
                    await bad_hour(here, exchange)
                    await pictures(here, hunt)
                    parts = (here.session, here.session.owner, here.session.parts, engine)
                    hunt.look("reprs", " ".join(map(repr, parts)))
                hunt.look("messages", repr(here.said))
                hunt.look("journal", repr(here.journal.messages))
                assert here.heard(Refused)
                assert {type(m) for m in here.journal.messages} <= set(JOURNALED)

    with log_to(tmp_path / "pmterm.log", Redactor(), logging.DEBUG):
        run(tell())
    hunt.look_into(tmp_path)
    for part in ("pmterm.log", "messages", "journal", "reprs", "picture of flatten"):
        assert hunt.looked[part], part
    assert hunt.found == []


@pytest.mark.parametrize("kind", ["wallet", "pem"])
def test_the_redactor_hides_what_a_library_puts_into_its_error(tmp_path, kind):
    key = {"wallet": WALLET_KEY, "pem": "-----BEGIN X-----\nMIIEcanaryline0001\n-----END X-----"}
    hunt, redactor = Hunt(secret=key[kind]), Redactor()
    redactor.register(key[kind])
    with log_to(tmp_path / "pmterm.log", redactor, logging.DEBUG):
        try:
            int(key[kind])
        except ValueError:
            logging.getLogger("pmterm").exception("with %s", key[kind])
    hunt.look_into(tmp_path)
    assert hunt.looked["pmterm.log"]
    assert hunt.found == []
