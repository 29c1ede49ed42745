"""`pmterm audit` on a stored journal: beside the venues' own books, and where they differ."""

import asyncio

import msgspec
import pytest
from tests.live.evening import (
    BUY,
    KALSHI,
    POLY,
    WALLET_KEY,
    evening,
    open_exchange,
    owner,
)
from tests.live.virtual import run

from pmterm.compose import audit
from pmterm.compose.audit_venue import Books, compare, compare_when_quiet
from pmterm.config.accounts import PolymarketAccount
from pmterm.config.sections import StoreSettings
from pmterm.config.settings import Hosts, Settings
from pmterm.messages.accounts import BalanceSeen
from pmterm.messages.orders import Fill, OrderReport
from pmterm.model.ids import Venue
from pmterm.model.order import OrderState as S
from pmterm.model.secret import Secret
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter
from pmterm.sim.accounts import POLYMARKET_PURSE
from pmterm.store.database import Database
from pmterm.store.journal import Journal

MARKETS = (POLY, KALSHI)
WELL = {"orders", "fills", "holdings", "cash"}


async def trade(exchange, key):
    """An evening that leaves a position and no order on each venue; return its journal."""
    async with evening(exchange, key=key) as here:
        for market in MARKETS:
            await here.arm(market)
            order = await here.order(market, BUY, 20, 4_700)
            await here.state_is(order, S.FILLED)
        await asyncio.sleep(30)
        return here.journal.messages


def accounts_of(exchange, key):
    who = owner(exchange, key)
    poly = PolymarketAccount(
        private_key=Secret(WALLET_KEY),
        address=exchange.account.wallet,
        signature_type=0,
        funder=exchange.account.wallet,
        api_key=Secret(key.id),
        api_secret=key.secret,
        api_passphrase=key.passphrase,
    )
    return {Venue.POLYMARKET: poly, Venue.KALSHI: who.kalshi}


def audited(folder, monkeypatch, meddle=lambda exchange, messages: messages, **how):
    """Trade, change the journal or the venue, audit; return lines by venue and check, and code."""

    async def tell():
        async with open_exchange() as (exchange, key):
            messages = meddle(exchange, await trade(exchange, key))
            path = folder / "pmterm-live.db"
            database = await Database.open(path)
            await Journal(database).append(messages)
            await database.close()
            monkeypatch.setattr(audit, "load_accounts", lambda *_: accounts_of(exchange, key))
            hosts = msgspec.convert(exchange.server.hosts(), Hosts)
            settings = Settings(hosts=hosts, store=StoreSettings(path=str(folder / "pmterm.db")))
            return await audit.check(settings, clock=exchange.clock, **how)

    lines, code = run(tell())
    return {(line.venue, line.check): line for line in lines}, code


def verdicts(lines, venue):
    return {check: line.verdict.value for (where, check), line in lines.items() if where == venue}


def test_a_clean_journal_and_the_venues_books_agree(tmp_path, monkeypatch):
    lines, code = audited(tmp_path, monkeypatch)
    assert code == 0, lines
    for venue in Venue:
        assert verdicts(lines, venue.value) == dict.fromkeys(WELL, "ok")
    assert {line.verdict.value for line in lines.values()} == {"ok"}


async def asked_at_once(exchange, key, market):
    """Buy, and compare the journal before the venue's lists can have the trade."""
    async with evening(exchange, key=key) as here:
        await here.arm(market)
        order = await here.order(market, BUY, 20, 4_700)
        await here.state_is(order, S.FILLED)
        who, clock = owner(exchange, key), exchange.clock
        bases = msgspec.convert(exchange.server.hosts(), Hosts).bases()
        http = HttpClient(bases, Limiter({}, clock), clock, proofs=who.proofs)
        books = Books(who.wings[market.venue], here.journal.messages)
        early = compare(books, await books.ask(http, clock.stamp()))
        lines = await compare_when_quiet(books, http, clock)
        await http.close()
        return early, lines


@pytest.mark.parametrize("market", MARKETS, ids=["polymarket", "kalshi"])
def test_lists_that_are_behind_the_last_trade_are_read_again(market):
    async def tell():
        async with open_exchange() as (exchange, key):
            return await asked_at_once(exchange, key, market)

    early, lines = run(tell())
    assert "fail" in {line.verdict.value for line in early}
    assert {line.check: line.verdict.value for line in lines} == dict.fromkeys(WELL, "ok")


def test_offline_asks_no_venue(tmp_path, monkeypatch):
    lines, code = audited(tmp_path, monkeypatch, is_offline=True)
    assert code == 0
    assert not any(venue for venue, _ in lines)


def forget_fill(exchange, messages):
    return [m for m in messages if not isinstance(m, Fill)]


def test_a_fill_that_is_in_no_row_is_missed_at_the_venue(tmp_path, monkeypatch):
    lines, code = audited(tmp_path, monkeypatch, forget_fill)
    assert code == 6
    for venue in Venue:
        found = verdicts(lines, venue.value)
        assert (found["fills"], found["holdings"]) == ("fail", "fail")
    assert "I3 position" in {check for (_, check), line in lines.items() if line.code}


def gone_at_the_venue(exchange, messages):
    """The journal ends before it heard how its first order ended."""
    first = next(m.order for m in messages if isinstance(m, OrderReport))
    ends = [m for m in messages if isinstance(m, OrderReport | Fill) and m.order == first]
    gone = {id(m) for m in ends[1:]}
    return [m for m in messages if id(m) not in gone]


def test_an_order_that_works_here_and_not_there_is_named(tmp_path, monkeypatch):
    lines, code = audited(tmp_path, monkeypatch, gone_at_the_venue)
    assert code == 6
    said = [line.says for (_, check), line in lines.items() if check == "orders"]
    assert any("is sent here and not open there" in words for words in said)


def pay_in(exchange, messages):
    exchange.exchange.ledger.deposit(exchange.clock.now(), "ann", POLYMARKET_PURSE, 50_000_000)
    return messages


def test_money_paid_in_since_is_told_and_proves_nothing(tmp_path, monkeypatch):
    lines, code = audited(tmp_path, monkeypatch, pay_in)
    assert code == 0
    assert lines["polymarket", "cash"].verdict.value == "warn"


def wrong_balance(exchange, messages):
    at = max(n for n, m in enumerate(messages) if isinstance(m, BalanceSeen))
    return [*messages[:at], msgspec.structs.replace(messages[at], cash=5), *messages[at + 1 :]]


def test_what_is_wrong_is_named_with_its_row(tmp_path, monkeypatch):
    lines, code = audited(tmp_path, monkeypatch, wrong_balance)
    assert code == 6
    assert lines["", "I1 money"].says.startswith("row ")


def go_dark(exchange, messages):
    for faults in exchange.server.faults.values():
        faults.rest_status = 500
    return messages


def test_a_venue_that_does_not_answer_is_told_apart(tmp_path, monkeypatch):
    lines, code = audited(tmp_path, monkeypatch, go_dark)
    assert code == 5
    assert lines["kalshi", "books"].verdict.value == "fail"


def test_no_store_is_told(tmp_path):
    settings = Settings(store=StoreSettings(path=str(tmp_path / "pmterm.db")))
    lines, code = run(audit.check(settings))
    assert code == 6
    assert "there is no store" in lines[0].says


@pytest.mark.parametrize("name", ["I1 money", "I12 fills"])
def test_every_invariant_has_a_line(tmp_path, monkeypatch, name):
    lines, _ = audited(tmp_path, monkeypatch, is_offline=True)
    assert ("", name) in lines
