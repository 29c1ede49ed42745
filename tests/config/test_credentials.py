"""Keys are read from private files alone and shown nowhere."""

import copy
import json
import logging
import os
import pickle

import msgspec
import pytest

from pmterm.config import paths
from pmterm.config.credentials import KalshiKey, Secret, kalshi_key, read_secret
from pmterm.config.sections import KalshiAccount, StoreSettings
from pmterm.model.errors import CredentialsWrong

PEM = "-----BEGIN PRIVATE KEY-----\ncanary-4711\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text(PEM)
    path.chmod(0o600)
    return path


def test_a_private_file_is_read(key_file):
    assert read_secret(key_file).reveal() == PEM


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o777, 0o610])
def test_a_file_others_can_use_is_refused_with_the_fix(key_file, mode):
    key_file.chmod(mode)
    with pytest.raises(CredentialsWrong, match=f"mode {mode:03o}") as caught:
        read_secret(key_file)
    assert "chmod 600" in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_link_a_folder_a_pipe_and_nothing_are_refused(key_file, tmp_path):
    (tmp_path / "link").symlink_to(key_file)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, words in (
        ("link", "symbolic link"),
        (".", "not a plain file"),
        ("pipe", "not a plain file"),
        ("none", "no such file"),
    ):
        with pytest.raises(CredentialsWrong, match=words):
            read_secret(tmp_path / name)


def test_another_users_file_is_refused(key_file, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(CredentialsWrong, match="another user"):
        read_secret(key_file)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty"), (b" \n", "empty"), (b"\xff\x00", "not a text"), (b"a" * 70_000, "too large")],
)
def test_what_is_no_key_is_refused(key_file, data, words):
    key_file.write_bytes(data)
    with pytest.raises(CredentialsWrong, match=words):
        read_secret(key_file)


def test_half_a_key_is_told(key_file):
    assert kalshi_key(KalshiAccount()) is None
    with pytest.raises(CredentialsWrong, match="no key file"):
        kalshi_key(KalshiAccount(key_id="a"))
    with pytest.raises(CredentialsWrong, match="no key id"):
        kalshi_key(KalshiAccount(key_file=str(key_file)))
    assert kalshi_key(KalshiAccount("a", str(key_file))) == KalshiKey("a", Secret(PEM))


def test_a_secret_shows_itself_nowhere(caplog):
    secret = Secret("canary-4711")
    key = KalshiKey("public", secret)
    logging.getLogger("t").warning("%s %r %s", secret, secret, key)
    shown = [
        repr(secret), str(secret), f"{secret}", f"{secret:>20}", "-".join([str(secret)]),
        repr(key), repr([secret]), repr(vars(type(secret))), caplog.text,
    ]  # fmt: skip
    assert all("canary" not in text for text in shown)
    for spill in (
        pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode,
        msgspec.msgpack.encode, lambda s: pickle.dumps(KalshiKey("a", s)), hash, vars,
    ):  # fmt: skip
        with pytest.raises(TypeError):
            spill(secret)


def test_secrets_compare_by_text():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("")


def test_paths_follow_the_settings_and_the_system(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.store_path(StoreSettings()).name == "pmterm.db"
    assert paths.store_path(StoreSettings()).parent == paths.data_dir()
    assert paths.recordings_dir(StoreSettings()).parent == paths.data_dir()
    assert paths.store_path(StoreSettings(path="~/x.db")) == tmp_path / "x.db"
    assert paths.recordings_dir(StoreSettings(recordings="/r")) == paths.Path("/r")
    assert paths.config_dir().name == "pmterm"
    assert paths.log_dir().parts
