"""What a session is told of earlier ones: this store's signals and its sister's."""

import msgspec
from tests.store.build_messages import T0, ended, market_seen, signal, started

from pmterm.compose.past import Cards, chances_of, past_of, records_of, rules_of
from pmterm.config.settings import Settings
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.signals import SignalWorth
from pmterm.messages.strategy import RecordKnown
from pmterm.model.units import SECOND
from pmterm.store.database import Database
from pmterm.store.journal import Journal
from pmterm.trading.signal.rules import SignalSettings
from pmterm.trading.strategy.settings import Fade, Rules, StrategySettings

STEP = 600 * SECOND


def settings_at(path, **signals):
    settings = Settings()
    store = msgspec.structs.replace(settings.store, path=str(path))
    chosen = msgspec.structs.replace(settings.signals, **signals)
    return msgspec.structs.replace(settings, store=store, signals=chosen)


async def fill_store(path, n, session="s1", at=T0, rules=""):
    async with await Database.open(path) as database:
        begun = SessionStarted(at, session, Mode.PAPER, "0.1.0", 0, rules)
        said = [begun, market_seen(at)]
        for k in range(n):
            said += [signal(k, at + k * STEP), ended(k, at + k * STEP + SECOND)]
        await Journal(database).append(said)


async def past_at(path, settings):
    async with await Database.open(path) as database:
        return await past_of(settings, database)


async def test_a_live_session_knows_what_paper_sessions_saw_and_the_other_way_round(tmp_path):
    paper, live = tmp_path / "pm" / "a.db", tmp_path / "pm" / "a-live.db"
    settings = settings_at(paper)
    await fill_store(paper, 20)
    await fill_store(live, 15, "live-1", T0 + 100 * STEP)
    assert len((await past_at(live, settings)).rows) == 35
    assert len((await past_at(paper, settings)).rows) == 35


async def test_a_sister_that_cannot_be_read_is_left_out(tmp_path):
    paper = tmp_path / "pm" / "a.db"
    await fill_store(paper, 3)
    (tmp_path / "pm" / "a-live.db").write_text("no store")
    assert len((await past_at(paper, settings_at(paper))).rows) == 3


async def test_changed_thresholds_make_what_was_before_in_sample(tmp_path):
    path = tmp_path / "pm" / "a.db"
    tuned = settings_at(path, rearm_s=77)
    await fill_store(path, 40)
    await fill_store(path, 35, "s2", T0 + 100 * STEP, rules_of(tuned))
    assert (await past_at(path, settings_at(path))).since == 0
    assert (await past_at(path, tuned)).since == T0 + 100 * STEP
    past = await past_at(path, tuned)
    (fade,) = [one for one in records_of(tuned, past, [], 5) if one.strategy == "fade"]
    assert isinstance(fade, RecordKnown)
    assert fade.held_out == 35


async def test_signals_found_with_other_settings_are_in_no_record(tmp_path):
    path = tmp_path / "pm" / "a.db"
    usual, tuned = settings_at(path), settings_at(path, rearm_s=77)
    await fill_store(path, 40, "s1", T0, rules_of(tuned))
    await fill_store(path, 3, "s2", T0 + 100 * STEP, rules_of(usual))
    past = await past_at(path, usual)
    (fade,) = [one for one in records_of(usual, past, [], 5) if one.strategy == "fade"]
    assert fade.held_out == 3
    assert len(past.rows) == 43  # cards tell of all of them


def test_changed_parameters_of_a_strategy_are_another_record_and_its_size_is_not():
    plain = Settings()
    stop = StrategySettings(fade=Fade(stop_ppm=12_345))
    large = StrategySettings(rules=Rules(dollars=1_000_000))
    assert rules_of(msgspec.structs.replace(plain, strategies=stop)) != rules_of(plain)
    assert rules_of(msgspec.structs.replace(plain, strategies=large)) == rules_of(plain)


def test_pairing_markets_is_no_change_of_thresholds():
    plain = Settings()
    paired = msgspec.structs.replace(plain, signals=SignalSettings(pairs="a=b"))
    tuned = msgspec.structs.replace(plain, signals=SignalSettings(rearm_s=77))
    assert rules_of(paired) == rules_of(plain)
    assert rules_of(tuned) != rules_of(plain)


async def test_a_local_exchange_proves_nothing_about_real_ones_nor_they_about_it(tmp_path):
    path = tmp_path / "pm" / "a.db"
    real = settings_at(path)
    hosts = msgspec.structs.replace(
        real.hosts, kalshi=msgspec.structs.replace(real.hosts.kalshi, api="http://127.0.0.1:1")
    )
    local = msgspec.structs.replace(real, hosts=hosts)
    await fill_store(path, 5, "s1", T0, rules_of(local))
    await fill_store(path, 3, "s2", T0 + 100 * STEP, rules_of(real))
    await fill_store(path, 2, "s3", T0 + 200 * STEP)
    assert len((await past_at(path, local)).rows) == 5
    assert len((await past_at(path, real)).rows) == 5
    assert {row.session for row in (await past_at(path, real)).rows} == {"s2", "s3"}


async def test_a_card_is_told_for_each_signal_by_the_market_it_is_in(tmp_path):
    path = tmp_path / "pm" / "a.db"
    await fill_store(path, 40)
    past = await past_at(path, settings_at(path))
    told = []
    hears = Cards(past, chances_of(past), told.append).hears()
    for message in (started(), market_seen(), signal(99)):
        if type(message) in hears:
            hears[type(message)](message)
    (card,) = told
    assert isinstance(card, SignalWorth)
    assert (card.id, card.like, card.n, card.reverted) == (
        signal(99).id, "PANIC SELL on Kalshi", 40, 40,
    )  # fmt: skip
    assert (card.rate_ppm, card.median) == (1_000_000, 61_500_000_000)
    # From a mid of 46.505 back to 49.00; 350 of 249.5 is all of it.
    assert (card.back_ppm, card.back_n, card.back_to) == (1_000_000, 40, 4_900)
    assert (card.chance_n, card.learned_ppm, card.learned_n) == (40, -1, 0)
    assert card.is_held_out


async def test_with_nothing_in_the_store_a_card_says_so(tmp_path):
    path = tmp_path / "pm" / "a.db"
    past = await past_at(path, settings_at(path))
    told = []
    Cards(past, chances_of(past), told.append)._signal_seen(signal())
    assert (told[0].n, told[0].rate_ppm, told[0].is_held_out) == (0, -1, False)
