"""Adding keys: what the venue is asked, what is understood, what is kept, what is refused."""

from functools import partial

import pytest
from tests.compose.exchange_build import (
    KEY_ID,
    OWNER,
    PRIVATE_KEY,
    by_check,
    exchange,
    funder,
    settings_all_at,
    site,
)
from tests.config.keys_build import CHEAP

from pmterm.compose import keys, keys_add
from pmterm.compose.accounts.polymarket import wallet_of
from pmterm.compose.keys_add import Wish
from pmterm.config import credentials, environment, paths
from pmterm.config.credentials import load_accounts
from pmterm.config.vault import Vault
from pmterm.model.errors import CredentialsWrong, TransportLost, UsageWrong, VenueRefused
from pmterm.model.ids import Venue
from pmterm.model.secret import Secret
from pmterm.venues.polymarket.account import Balance
from pmterm.venues.polymarket.signing import SignatureType

K, P = Venue.KALSHI, Venue.POLYMARKET
EOA, PROXY, SAFE, DEPOSIT = SignatureType


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """No keyring, folders of its own, and no hardening of the test's own process."""
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path / "data")
    monkeypatch.setattr(credentials, "system_keyring", lambda: None)
    monkeypatch.setattr(credentials, "Vault", partial(Vault, cost=CHEAP))
    monkeypatch.setattr(keys_add, "harden", lambda: None)
    monkeypatch.setattr(credentials, "harden", lambda: None)


@pytest.fixture
def unlocked(monkeypatch):
    def unlock(place):
        given = {environment.PASSPHRASE_FILE: Secret(str(place.passphrase))}
        monkeypatch.setattr(environment, "_taken", given)

    return unlock


@pytest.mark.parametrize("kind", SignatureType)
async def test_the_wallet_is_found_by_its_money(tmp_path, unlocked, kind):
    async with exchange(tmp_path, kind=kind) as place:
        unlocked(place)
        lines = await keys_add.add(place.settings, P, Wish(key_file=place.private_key))
        account = load_accounts(place.settings)[P]
    assert (account.signature_type, account.funder) == (kind, funder(kind))
    assert account.address == OWNER
    assert account.private_key.reveal() == PRIVATE_KEY
    told = by_check(lines, P)
    assert funder(kind) in told["wallet"].says
    assert told["balance"].says == "$1,234.00 free"
    assert {told[name].verdict for name in ("key", "rights", "allowance", "kept")} == {"ok"}


async def test_the_api_key_is_made_once_and_derived_the_next_time(tmp_path, unlocked):
    async with exchange(tmp_path) as place:
        unlocked(place)
        found = []
        for _ in range(2):
            await keys_add.add(place.settings, P, Wish(key_file=place.private_key))
            account = load_accounts(place.settings)[P]
            found.append((account.api_key, account.api_secret, account.api_passphrase))
        made = place.server.polymarket.keys.of_wallet(OWNER)
    assert found[0] == found[1]
    assert [key.id for key in made] == [found[0][0].reveal()]


async def test_a_wallet_key_is_told_to_be_all_powerful(tmp_path, unlocked):
    async with exchange(tmp_path) as place:
        unlocked(place)
        lines = by_check(await keys_add.add(place.settings, P, Wish(key_file=place.private_key)), P)
    assert lines["power"].verdict == "warn"
    assert "all money" in lines["power"].says
    assert str(place.private_key) in lines["key file"].says


async def test_a_closed_only_account_without_allowance_is_told_so(tmp_path, unlocked):
    async with exchange(tmp_path) as place:
        unlocked(place)
        place.wallet.is_closed_only = True
        place.wallet.has_allowance = False
        lines = by_check(await keys_add.add(place.settings, P, Wish(key_file=place.private_key)), P)
    assert "only close" in lines["rights"].says
    assert "may not take your money" in lines["allowance"].says
    assert lines["rights"].fix
    assert lines["allowance"].fix


async def test_without_any_money_the_guess_is_told_as_one(tmp_path, unlocked):
    async with exchange(tmp_path, cash=0) as place:
        unlocked(place)
        lines = by_check(await keys_add.add(place.settings, P, Wish(key_file=place.private_key)), P)
        account = load_accounts(place.settings)[P]
    assert lines["wallet"].verdict == "warn"
    assert "--funder" in lines["wallet"].fix
    assert (account.signature_type, account.funder) == (DEPOSIT, funder(DEPOSIT))


async def test_a_wallet_that_is_named_is_taken(tmp_path, unlocked):
    odd = "0x" + "ab" * 20
    async with exchange(tmp_path, kind=DEPOSIT, maker=odd) as place:
        unlocked(place)
        await keys_add.add(place.settings, P, Wish(key_file=place.private_key, funder=odd))
        account = load_accounts(place.settings)[P]
        wish = Wish(key_file=place.private_key, funder="0x12")
        with pytest.raises(UsageWrong, match="wants an address"):
            await keys_add.add(place.settings, P, wish)
    assert (account.signature_type, account.funder.lower()) == (DEPOSIT, odd)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OWNER, "This is an address"),
        ("zebra " * 12, "recovery phrase"),
        ("0x12", "64 hex digits"),
        ("0x" + "0" * 64, "No account can have"),
    ],
)
async def test_what_is_no_private_key_is_refused_and_not_kept(tmp_path, unlocked, text, words):
    async with exchange(tmp_path) as place:
        unlocked(place)
        place.private_key.write_text(text)
        with pytest.raises(CredentialsWrong, match=words):
            await keys_add.add(place.settings, P, Wish(key_file=place.private_key))
    assert not paths.key_file().exists()


async def test_a_kalshi_key_is_kept_with_what_it_may_do(tmp_path, unlocked):
    async with exchange(tmp_path) as place:
        unlocked(place)
        wish = Wish(key_file=place.pem, key_id=KEY_ID)
        lines = by_check(await keys_add.add(place.settings, K, wish), K)
        key = load_accounts(place.settings)[K]
    assert (key.key_id, key.subaccount, key.home) == (KEY_ID, None, place.url[7:])
    assert key.pem.reveal() == place.pem.read_text()
    assert "Ed25519" in lines["key"].says
    assert lines["rights"].verdict == "warn"  # whole "write": more than trading needs
    assert "write::trade" in lines["rights"].fix
    assert "bound to none" in lines["sub-account"].says
    assert "$1,234.00 free" in lines["balance"].says


async def test_a_key_that_may_only_read_is_told_so(tmp_path, unlocked):
    async with exchange(tmp_path) as place:
        unlocked(place)
        place.server.kalshi.rules.read_only_keys = frozenset({KEY_ID})
        wish = Wish(key_file=place.pem, key_id=KEY_ID)
        lines = by_check(await keys_add.add(place.settings, K, wish), K)
    assert lines["rights"].verdict == "fail"
    assert "may not trade" in lines["rights"].says


async def test_the_sub_account_a_key_is_bound_to_is_found_out(tmp_path, unlocked):
    async with exchange(tmp_path) as place:
        unlocked(place)
        place.server.kalshi.rules.locked_keys = {KEY_ID: 7}
        wish = Wish(key_file=place.pem, key_id=KEY_ID)
        lines = by_check(await keys_add.add(place.settings, K, wish), K)
        key = load_accounts(place.settings)[K]
    assert key.subaccount == 7
    assert lines["sub-account"].says == "bound to number 7"


async def test_a_key_id_nobody_knows_and_a_wrong_private_key_are_told_apart(tmp_path, unlocked):
    async with exchange(tmp_path) as place, exchange(tmp_path / ".." / tmp_path.name) as other:
        unlocked(place)
        unknown = Wish(key_file=place.pem, key_id=KEY_ID.replace("a", "b"))
        with pytest.raises(CredentialsWrong, match="does not know this key id"):
            await keys_add.add(other.settings, K, unknown)
        # `other` wrote its own private key over the file: it is not the one of this exchange.
        with pytest.raises(CredentialsWrong, match="signature"):
            await keys_add.add(place.settings, K, Wish(key_file=place.pem, key_id=KEY_ID))
    assert not paths.key_file().exists()


@pytest.mark.parametrize("venue", [K, P])
async def test_a_venue_that_does_not_answer_keeps_nothing(tmp_path, unlocked, venue):
    async with exchange(tmp_path) as place:
        unlocked(place)
    file = place.pem if venue is K else place.private_key
    with pytest.raises(TransportLost):
        await keys_add.add(place.settings, venue, Wish(key_file=file, key_id=KEY_ID))
    assert not paths.key_file().exists()


async def test_the_edges_web_page_is_told_as_such(tmp_path, unlocked):
    async with exchange(tmp_path) as place:
        unlocked(place)
        for faults in place.server.faults.values():
            faults.blocks_rest = True
        for venue, file in ((P, place.private_key), (K, place.pem)):
            with pytest.raises((VenueRefused, CredentialsWrong), match=r"edge|web page"):
                await keys_add.add(place.settings, venue, Wish(key_file=file, key_id=KEY_ID))


async def test_a_key_for_one_home_is_not_used_at_another(tmp_path, unlocked):
    async with exchange(tmp_path) as place:
        unlocked(place)
        await keys_add.add(place.settings, P, Wish(key_file=place.private_key))

        async def nothing(_):
            raise AssertionError("a key was used where it does not belong")

        async with site(nothing) as base:
            assert load_accounts(settings_all_at(base)) == {}
            with pytest.raises(CredentialsWrong, match="no key is kept"):
                await keys.test(settings_all_at(base), list(Venue))


async def test_a_file_others_can_read_is_refused_before_anything_is_asked(tmp_path, unlocked):
    async with exchange(tmp_path) as place:
        unlocked(place)
        place.private_key.chmod(0o644)
        with pytest.raises(CredentialsWrong, match="mode 644"):
            await keys_add.add(place.settings, P, Wish(key_file=place.private_key))
        assert place.server.polymarket.keys.of_wallet(OWNER) == []


def test_the_accounts_own_orders_name_the_wallet_before_its_money_does():
    money = {DEPOSIT: Balance(5, 5), PROXY: Balance(0, 5)}
    wallet = wallet_of(OWNER, [funder(PROXY).lower()], money)
    assert (wallet.kind, wallet.address) == (PROXY, funder(PROXY))
    strange = wallet_of(OWNER, ["0x" + "cd" * 20], money)
    assert (strange.kind, strange.address.lower()) == (DEPOSIT, "0x" + "cd" * 20)


def test_money_in_two_wallets_is_told():
    wallet = wallet_of(OWNER, [], {SAFE: Balance(10, 0), EOA: Balance(3, 0)})
    assert (wallet.kind, wallet.is_sure) == (SAFE, False)
    assert "the key's own address" in wallet.reason
