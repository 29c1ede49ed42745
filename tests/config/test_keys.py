"""Where keys are looked for, in which order, and what happens when a place is shut."""

import pytest
from tests.config.keys_build import CANARY, CHEAP, PASSPHRASE, Typist, kalshi, polymarket

from pmterm.config.accounts import listed, pack, unpack
from pmterm.config.credentials import Keys
from pmterm.config.given_keys import ENVIRONMENT, SETTINGS
from pmterm.config.passphrase import Passphrases
from pmterm.config.vault import Vault
from pmterm.model.errors import CredentialsWrong
from pmterm.model.ids import Venue

K, P = Venue.KALSHI, Venue.POLYMARKET


class Shelf:
    def __init__(self, place, *accounts):
        self.place = place
        self.accounts = accounts

    def listed(self):
        return tuple(listed(account) for account in self.read())

    def read(self):
        return self.accounts

    def write(self, accounts):
        self.accounts = accounts


class Shut(Shelf):
    def read(self):
        raise CredentialsWrong("the keyring is locked.", "Unlock it.")


def renamed(account, **changes):
    import msgspec

    return msgspec.structs.replace(account, **changes)


def test_the_settings_first_then_the_places_then_the_environment():
    keys = Keys(
        [Shelf("keyring", kalshi("a")), Shelf("file", kalshi("b"))],
        {ENVIRONMENT: [kalshi("d")], SETTINGS: [kalshi("c")]},
    )
    assert [(row.name, row.place) for row in keys.listed()] == [
        ("c", "settings"), ("a", "keyring"), ("b", "file"), ("d", "environment"),
    ]  # fmt: skip


def test_main_is_meant_where_no_name_is_said():
    keys = Keys([Shelf("file", kalshi("other"), kalshi(), polymarket())], {})
    assert keys.find(K, "kalshi.com") == kalshi()
    assert keys.find(K, "kalshi.com", "other") == kalshi("other")
    assert keys.find(K, "kalshi.com", "third") is None
    assert keys.find(P, "polymarket.com") == polymarket()


def test_the_only_one_is_meant_and_of_several_none():
    assert Keys([Shelf("file", kalshi("one"))], {}).find(K, "kalshi.com") == kalshi("one")
    with pytest.raises(CredentialsWrong, match="several kalshi accounts"):
        Keys([Shelf("file", kalshi("one"), kalshi("two"))], {}).find(K, "kalshi.com")


def test_a_key_for_one_home_is_not_found_for_another():
    keys = Keys([Shelf("file", polymarket(), kalshi())], {})
    assert keys.find(P, "127.0.0.1:8790") is None
    assert keys.find(K, "demo.kalshi.co") is None


def test_the_same_name_is_replaced_and_not_left_elsewhere():
    ring, file = Shelf("keyring", kalshi(subaccount=1)), Shelf("file", polymarket())
    keys = Keys([ring, file], {})
    assert keys.add(kalshi(subaccount=2), in_file=True) == "file"
    assert ring.accounts == ()
    assert file.accounts == (polymarket(), kalshi(subaccount=2))
    assert keys.add(kalshi(subaccount=3)) == "keyring"
    assert file.accounts == (polymarket(),)


def test_removing_takes_the_one_and_says_if_it_was_not_there():
    file = Shelf("file", polymarket(), kalshi())
    keys = Keys([file], {})
    row = keys.listed()[1]
    assert keys.remove(row)
    assert file.accounts == (polymarket(),)
    assert not keys.remove(row)


def test_a_locked_keyring_hides_no_key_of_the_file_and_is_told_if_nothing_is_found():
    keys = Keys([Shut("keyring"), Shelf("file", kalshi())], {})
    assert keys.find(K, "kalshi.com") == kalshi()
    with pytest.raises(CredentialsWrong, match="locked"):
        keys.find(P, "polymarket.com")


def test_the_passphrase_is_not_asked_for_where_no_wanted_key_is(tmp_path):
    path = tmp_path / "keys" / "keys.sealed"
    Vault(path, Passphrases({}, Typist(PASSPHRASE, PASSPHRASE)), cost=CHEAP).write((kalshi(),))
    typist = Typist(PASSPHRASE)
    keys = Keys([Vault(path, Passphrases({}, typist))], {})
    assert keys.find(P, "polymarket.com") is None
    assert keys.find(K, "127.0.0.1:1") is None
    assert typist.asked == []
    assert keys.find(K, "kalshi.com") == kalshi()
    assert len(typist.asked) == 1


def test_accounts_are_packed_whole_and_show_themselves_nowhere():
    accounts = (polymarket(), kalshi(subaccount=0))
    assert unpack(pack(accounts)) == accounts
    assert CANARY not in repr(accounts)
    assert CANARY not in str([listed(account) for account in accounts])


@pytest.mark.parametrize(
    "change",
    [
        (b'"kalshi"', b'"augur"'),
        (b'"key_id"', b'"canary-4711"'),
        (b'"pem"', b'"nothing"'),
        (b'"name"', b'"nome"'),
    ],
)
def test_what_does_not_fit_is_refused_and_not_quoted(change):
    with pytest.raises(CredentialsWrong, match="not in a form") as caught:
        unpack(pack((kalshi(),)).replace(*change))
    assert CANARY not in str(caught.value)
