"""What later sessions learn from: signals with outcome, features, market and rules."""

import sqlite3

import msgspec
from tests.store.build_messages import KX, T0, ended, market_seen, signal, started

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.signals import SignalEnded, SignalKind
from pmterm.store import database as database_module
from pmterm.store.cases import FirstSeen, past_cases, rules_since
from pmterm.store.database import VERSION, Database
from pmterm.store.journal import Journal

FEATURES = {
    "volume_ratio": 3_400_000, "depth_ratio": 400_000, "spread_ratio": 2_000_000,
    "change_ppm": -41_000, "imbalance_ppm": -300_000, "spread": 200, "ready_s": 900,
    "volatility": 5_000,
}  # fmt: skip


def with_features(n=1, at=T0):
    return msgspec.structs.replace(signal(n, at), **FEATURES)


async def test_a_case_has_its_features_outcome_market_and_session(database):
    begun = SessionStarted(T0, "s1", Mode.PAPER, "0.1.0", 0, "abc")
    await Journal(database).append([begun, market_seen(), with_features(), ended()])
    (case,) = await past_cases(database)
    assert {name: getattr(case, name) for name in FEATURES} == FEATURES
    assert (case.session, case.mode, case.rules) == ("s1", "paper", "abc")
    assert (case.market, case.venue, case.kind) == (KX, "kalshi", SignalKind.PANIC_SELL)
    assert (case.score, case.mid2, case.before2) == (712_345, 9_301, 9_800)
    assert (case.reverted, case.after, case.best, case.net) == (True, 61_500_000_000, 350, -12_345)
    assert case.is_whole


async def test_a_signal_that_was_never_followed_to_its_end_is_not_known(database):
    await Journal(database).append([started(), signal()])
    (case,) = await past_cases(database)
    assert not case.is_whole
    assert not case.reverted
    assert (case.venue, case.category) == ("", "")


async def test_an_outcome_from_before_it_was_noted_how_long_it_was_followed_is_not(database):
    """It ended with the first half-way return: to count it would count those that came back."""
    await Journal(database).append([started(), signal(), without_the_whole()])
    (case,) = await past_cases(database)
    assert (case.reverted, case.is_whole) == (True, False)


def without_the_whole():
    """As it reads from an old journal."""
    told = msgspec.json.decode(msgspec.json.encode(ended()))
    del told["is_whole"]
    return msgspec.convert(told, SignalEnded)


async def test_cases_of_all_sessions_come_in_order_of_time(database):
    journal = Journal(database)
    await journal.append([started("s2", T0 + 100), signal(1, T0 + 101), ended(1, T0 + 102)])
    await journal.append([started("s1", T0), signal(1, T0 + 1), ended(1, T0 + 2)])
    assert [case.session for case in await past_cases(database)] == ["s1", "s2"]


async def test_rules_are_known_since_the_first_session_that_had_them(database):
    journal = Journal(database)
    for name, at, rules in (("a", 5, ""), ("b", 6, "x"), ("c", 7, "y"), ("d", 8, "x")):
        await journal.append([SessionStarted(T0 + at, name, Mode.PAPER, "0", 0, rules)])
    assert sorted(await rules_since(database), key=lambda one: one.at) == [
        FirstSeen("x", T0 + 6),
        FirstSeen("y", T0 + 7),
    ]


async def test_a_store_of_the_version_before_keeps_its_signals(store_path):
    store_path.parent.mkdir(mode=0o700)
    with sqlite3.connect(store_path) as connection:
        for step in (0, 1):
            connection.executescript(database_module.migration(step))
        connection.execute(f"PRAGMA application_id = {database_module.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 2")
        connection.execute("INSERT INTO sessions VALUES ('s', 1, 2, 'paper', '0.1.0', 5)")
        connection.execute(
            "INSERT INTO signals VALUES ('s', 's-1', 3, 'M', 'panic_sell', 'buy', 700000, 9000,"
            " 9900, 4400, 4600, 4700, 'why')"
        )
        connection.execute(
            "INSERT INTO signal_outcomes VALUES ('s', 's-1', 9, 1, 6, 300, -10, 777, 1)"
        )
    connection.close()
    store_path.chmod(0o600)
    async with await Database.open(store_path) as opened:
        (case,) = await past_cases(opened)
        version = await opened.read(lambda c: c.execute("PRAGMA user_version").fetchone())
        await Journal(opened).append([started(), with_features()])
        assert len(await past_cases(opened)) == 2
    assert (case.net, case.is_whole, case.mode, case.rules) == (777, False, "paper", "")
    assert (case.volume_ratio, case.volatility) == (0, 0)
    assert version == (VERSION,)
