"""The encrypted key file: what it keeps, what it refuses, and which words it finds for that."""

import os
import stat

import pytest
from tests.config.keys_build import (
    CANARY,
    CHEAP,
    PASSPHRASE,
    Typist,
    from_file,
    kalshi,
    polymarket,
    typed,
)

from pmterm.config import private_file
from pmterm.config.accounts import listed
from pmterm.config.passphrase import Passphrases
from pmterm.config.sealed import MAGIC, WrongPassphraseError, seal, take_apart, unseal
from pmterm.config.vault import Vault
from pmterm.model.errors import CredentialsWrong
from pmterm.model.secret import Secret

ACCOUNTS = (polymarket(), kalshi(subaccount=7), polymarket("second", "127.0.0.1:8790"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys" / "keys.sealed"


@pytest.fixture
def kept(path):
    vault(path, PASSPHRASE, PASSPHRASE).write(ACCOUNTS)
    return path


def vault(path, *answers):
    return Vault(path, typed(*answers), cost=CHEAP)


def test_what_is_kept_comes_back_under_the_passphrase(kept):
    assert vault(kept, PASSPHRASE).read() == ACCOUNTS


def test_no_file_holds_nothing_and_asks_for_nothing(path):
    assert vault(path).read() == ()
    assert vault(path).listed() == ()


def test_file_and_folder_are_the_owners_alone(kept):
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert [found.name for found in kept.parent.iterdir()] == ["keys.sealed"]


def test_no_secret_stands_in_the_file(kept):
    data = kept.read_bytes()
    assert CANARY.encode() not in data
    assert polymarket().address.encode() not in data


def test_the_list_needs_no_passphrase_and_shows_no_whole_address(kept):
    assert vault(kept).listed() == tuple(listed(account) for account in ACCOUNTS)
    assert [row.public for row in vault(kept).listed()] == [
        "0x000000…12Ab",
        "11111111…5555",
        "0x000000…12Ab",
    ]


def test_a_wrong_passphrase_is_asked_again_and_told(kept):
    typist = Typist("wrong one", PASSPHRASE)
    assert Vault(kept, Passphrases({}, typist), cost=CHEAP).read() == ACCOUNTS
    assert typist.asked[1].startswith("Wrong.")
    with pytest.raises(CredentialsWrong, match="the passphrase is wrong") as caught:
        vault(kept, "wrong 1", "wrong 2", "wrong 3").read()
    assert caught.value.exit_code == 3
    assert "nothing is lost" in caught.value.hint


def test_the_passphrase_is_asked_for_once(kept):
    one = vault(kept, PASSPHRASE)
    one.write((*one.read(), kalshi("second")))
    assert len(one.read()) == 4
    assert len(vault(kept, PASSPHRASE).read()) == 4


def test_every_flipped_bit_is_told_as_damage(kept):
    data = kept.read_bytes()
    for place in range(0, len(data), 7):
        broken = bytearray(data)
        broken[place] ^= 1 << place % 8
        kept.write_bytes(broken)
        with pytest.raises(CredentialsWrong, match=r"damaged|not a key file|newer pmterm"):
            vault(kept, PASSPHRASE).read()


def test_a_cut_file_is_told_as_damage_and_not_as_a_wrong_passphrase(kept):
    data = kept.read_bytes()
    for length in (0, 1, len(MAGIC), len(MAGIC) + 3, 60, len(data) - 33, len(data) - 1):
        kept.write_bytes(data[:length])
        with pytest.raises(CredentialsWrong, match=r"damaged|not a key file|newer pmterm"):
            vault(kept, PASSPHRASE).read()


def test_a_file_of_a_newer_pmterm_is_told_as_one(kept):
    kept.write_bytes(kept.read_bytes().replace(MAGIC, b"pmterm keys 2\n"))
    with pytest.raises(CredentialsWrong, match="newer pmterm"):
        vault(kept, PASSPHRASE).read()


def test_a_changed_header_with_a_right_sum_does_not_open():
    """Whoever makes the sum anew (it is no secret) still cannot change what the header says."""
    passphrase = Secret(PASSPHRASE)
    data = seal(b"text", passphrase, (listed(kalshi()),), cost=CHEAP)
    forged = data[:-32].replace(b'"main"', b'"evil"')
    with pytest.raises(WrongPassphraseError):
        unseal(take_apart(with_sum(forged), "f"), passphrase)
    assert unseal(take_apart(with_sum(data[:-32]), "f"), passphrase) == b"text"


def test_a_header_that_asks_for_too_much_work_is_refused():
    data = seal(b"text", Secret(PASSPHRASE), (), cost=CHEAP)[:-32]
    for cost in (b"99", b"-1", b" 3", b" 0"):
        with pytest.raises(CredentialsWrong, match="damaged"):
            take_apart(with_sum(data.replace(b'"cost":16', b'"cost":' + cost)), "f")


def with_sum(data):
    import hashlib

    return data + hashlib.sha256(data).digest()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_others_can_read_is_refused(kept, mode):
    kept.chmod(mode)
    for use in (Vault.read, Vault.listed):
        with pytest.raises(CredentialsWrong, match=f"mode {mode:03o}") as caught:
            use(vault(kept, PASSPHRASE))
        assert "chmod 600" in caught.value.hint


def test_a_folder_others_can_enter_is_refused(kept):
    kept.parent.chmod(0o755)
    with pytest.raises(CredentialsWrong, match="mode 755") as caught:
        vault(kept, PASSPHRASE).read()
    assert "chmod 700" in caught.value.hint
    with pytest.raises(CredentialsWrong, match="mode 755"):
        vault(kept, PASSPHRASE, PASSPHRASE).write(ACCOUNTS)


def test_a_link_is_refused_as_file_and_as_folder(kept, tmp_path):
    kept.rename(tmp_path / "elsewhere")
    kept.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CredentialsWrong, match="symbolic link"):
        vault(kept, PASSPHRASE).read()
    (tmp_path / "link").symlink_to(kept.parent)
    with pytest.raises(CredentialsWrong, match="symbolic link"):
        vault(tmp_path / "link" / "keys.sealed", PASSPHRASE).read()


def test_writing_replaces_a_link_and_leaves_what_it_named(path, tmp_path):
    path.parent.mkdir(mode=0o700)
    (tmp_path / "victim").write_text("precious")
    path.with_name("keys.sealed.new").symlink_to(tmp_path / "victim")
    vault(path, PASSPHRASE, PASSPHRASE).write(ACCOUNTS)
    assert (tmp_path / "victim").read_text() == "precious"
    assert not path.is_symlink()


def test_another_users_file_is_refused(kept, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(CredentialsWrong, match="another user"):
        vault(kept, PASSPHRASE).read()


def test_a_full_disk_leaves_the_old_file(kept, monkeypatch):
    before = kept.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    one = vault(kept, PASSPHRASE)
    accounts = one.read()
    monkeypatch.setattr(private_file.os, "fsync", full)
    with pytest.raises(CredentialsWrong, match="no space left"):
        one.write(accounts[:1])
    assert kept.read_bytes() == before
    assert [found.name for found in kept.parent.iterdir()] == ["keys.sealed"]


def test_a_new_passphrase_is_long_enough_and_typed_twice(path):
    with pytest.raises(CredentialsWrong, match="fewer than 8"):
        vault(path, "short").write(ACCOUNTS)
    with pytest.raises(CredentialsWrong, match="differ"):
        vault(path, PASSPHRASE, PASSPHRASE + " ").write(ACCOUNTS)
    assert not path.exists()


def test_a_file_may_give_the_passphrase_if_it_is_private(kept, tmp_path):
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    file.chmod(0o600)
    assert Vault(kept, from_file(file)).read() == ACCOUNTS
    file.chmod(0o644)
    with pytest.raises(CredentialsWrong, match="mode 644"):
        Vault(kept, from_file(file)).read()


def test_a_wrong_passphrase_in_a_file_is_not_tried_again(kept, tmp_path):
    file = tmp_path / "passphrase"
    file.write_text("wrong one\n")
    file.chmod(0o600)
    with pytest.raises(CredentialsWrong, match="the passphrase is wrong"):
        Vault(kept, from_file(file)).read()


def test_the_same_letters_written_another_way_open_it(path):
    vault(path, "Schlüssel-ö", "Schlüssel-ö").write(ACCOUNTS)
    assert vault(path, "Schlu\u0308ssel-o\u0308").read() == ACCOUNTS
