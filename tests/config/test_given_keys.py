"""Keys from the environment and the settings: read once, taken out, bound to a home."""

import msgspec
import pytest
from tests.config.keys_build import CANARY

from pmterm.config import environment
from pmterm.config.accounts import REAL, home_at, home_of
from pmterm.config.given_keys import ENVIRONMENT, SETTINGS, given_accounts, kalshi_key
from pmterm.config.sections import KalshiAccount, KalshiHosts
from pmterm.config.settings import Hosts, Settings, load_settings
from pmterm.model.errors import CredentialsWrong
from pmterm.model.ids import Venue
from pmterm.venues.polymarket.wallet import load_wallet

KEY = "0x" + "5e" * 32
WHOLE = {
    environment.PRIVATE_KEY: KEY,
    environment.API_KEY: f"{CANARY}-id",
    environment.API_SECRET: f"{CANARY}-secret",
    environment.API_PASSPHRASE: f"{CANARY}-passphrase",
    environment.SIGNATURE_TYPE: "0",
}


@pytest.fixture(autouse=True)
def nothing_taken(monkeypatch):
    monkeypatch.setattr(environment, "_taken", {})


def given(settings=None, **environ):
    environment.take(dict(environ))
    return given_accounts(settings or Settings())


def test_keys_leave_the_environment_and_all_else_stays():
    environ = {**WHOLE, "PATH": "/bin", "PMTERM_GENERAL__THEME": "light"}
    environment.take(environ)
    assert environ == {"PATH": "/bin", "PMTERM_GENERAL__THEME": "light"}
    assert environment.taken()[environment.PRIVATE_KEY].reveal() == KEY
    assert CANARY not in repr(environment.taken())


def test_key_variables_are_no_settings_and_no_error(tmp_path):
    settings = load_settings({}, WHOLE, tmp_path, tmp_path)
    assert CANARY not in repr(settings)


def test_a_whole_account_of_the_environment_is_for_the_venue_itself():
    (account,) = given(**WHOLE)[ENVIRONMENT]
    assert account.home == REAL[Venue.POLYMARKET]
    assert account.address == account.funder == load_wallet(account.private_key).address
    assert CANARY not in repr(account)
    assert KEY[2:] not in repr(account)


def test_another_home_must_be_named():
    (account,) = given(**WHOLE, **{environment.POLYMARKET_FOR: "127.0.0.1:8790"})[ENVIRONMENT]
    assert account.home == "127.0.0.1:8790"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({environment.API_SECRET: ""}, "PMTERM_POLYMARKET_API_SECRET"),
        ({environment.SIGNATURE_TYPE: "7"}, "0 to 3"),
        ({environment.SIGNATURE_TYPE: "2"}, "PMTERM_POLYMARKET_FUNDER is not set"),
        ({environment.PRIVATE_KEY: CANARY}, "64 hex digits"),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_never_quoted(changes, words):
    with pytest.raises(CredentialsWrong, match=words) as caught:
        given(**(WHOLE | changes))
    assert CANARY not in str(caught.value)


def test_a_kalshi_key_of_the_environment_wants_its_id():
    with pytest.raises(CredentialsWrong, match="no key id"):
        given(**{environment.KALSHI_KEY: CANARY})
    settings = Settings(kalshi=KalshiAccount(key_id="an-id"))
    (key,) = given(settings, **{environment.KALSHI_KEY: CANARY})[ENVIRONMENT]
    assert (key.key_id, key.pem.reveal(), key.home) == ("an-id", CANARY, "kalshi.com")
    assert kalshi_key(settings.kalshi) == key


def test_the_sub_account_of_the_environment_is_a_number():
    settings = Settings(kalshi=KalshiAccount(key_id="an-id"))
    environ = {environment.KALSHI_KEY: "pem", environment.KALSHI_SUBACCOUNT: "12"}
    assert given(settings, **environ)[ENVIRONMENT][0].subaccount == 12
    with pytest.raises(CredentialsWrong, match="0 to 63"):
        given(settings, **(environ | {environment.KALSHI_SUBACCOUNT: "64"}))


def test_a_key_file_of_the_settings_is_for_the_hosts_of_the_settings(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text(CANARY)
    file.chmod(0o600)
    hosts = Hosts(kalshi=KalshiHosts(api="http://127.0.0.1:9/trade-api/v2"))
    settings = Settings(hosts=hosts, kalshi=KalshiAccount("an-id", str(file)))
    assert given(settings)[SETTINGS][0].home == "127.0.0.1:9"


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("https://external-api.kalshi.com/trade-api/v2", "kalshi.com"),
        ("https://api.elections.kalshi.com/trade-api/v2", "kalshi.com"),
        ("https://demo-api.kalshi.co/trade-api/v2", "demo.kalshi.co"),
        ("https://clob.polymarket.com", "polymarket.com"),
        ("https://clob-staging.polymarket.com", "clob-staging.polymarket.com"),
        ("http://127.0.0.1:8790/clob", "127.0.0.1:8790"),
        ("https://evilkalshi.com/trade-api/v2", "evilkalshi.com"),
        ("https://kalshi.com.example.org", "kalshi.com.example.org"),
        ("http://external-api.kalshi.com:80", "external-api.kalshi.com:80"),
        (
            "https://user:pw@clob.polymarket.com.example.org",
            "user:pw@clob.polymarket.com.example.org",
        ),
        ("https://clob.polymarket.com:8443", "clob.polymarket.com:8443"),
    ],
)
def test_a_home_is_known_by_its_whole_name(url, home):
    assert home_at(url) == home


def test_the_hosts_as_they_come_are_the_venues_own():
    assert {venue: home_of(venue, Hosts()) for venue in Venue} == REAL
    assert msgspec.structs.asdict(Hosts())
