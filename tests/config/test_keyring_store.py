"""Which keyrings are trusted, and what becomes of one that is locked or forgets."""

import keyring
import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.core
import keyring.errors
import pytest
from tests.config.keys_build import CANARY, kalshi, polymarket

from pmterm.config.keyring_store import ENTRY, SERVICE, Keyring, system_keyring
from pmterm.model.errors import CredentialsWrong


class Kept:
    def __init__(self):
        self.entries = {}

    def get_password(self, service, username):
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self.entries[service, username] = password


class Plaintext(Kept):
    """As a plug-in that writes a file for everybody would look."""

    priority = 5


class OfTheSystem(Kept):
    priority = 5


OfTheSystem.__module__ = "keyring.backends.SecretService"
Plaintext.__module__ = "keyrings.alt.file"


@pytest.fixture
def chosen(monkeypatch):
    def choose(backend):
        monkeypatch.setattr(keyring, "get_keyring", lambda: backend)

    return choose


def test_what_is_kept_comes_back_in_one_entry():
    backend = Kept()
    store = Keyring(backend)
    assert store.read() == ()
    store.write((polymarket(), kalshi()))
    assert store.read() == (polymarket(), kalshi())
    assert list(backend.entries) == [(SERVICE, ENTRY)]
    assert CANARY not in str(store.listed())


@pytest.mark.parametrize(
    "backend", [keyring.backends.null.Keyring(), keyring.backends.fail.Keyring(), Plaintext()]
)
def test_keyrings_that_forget_fail_or_show_are_refused(chosen, backend):
    chosen(backend)
    assert system_keyring() is None


def test_the_systems_own_is_taken(chosen):
    backend = OfTheSystem()
    chosen(backend)
    system_keyring().write((kalshi(),))
    assert backend.entries


def test_of_a_chain_only_the_trusted_link_is_used(chosen, monkeypatch):
    chain = keyring.backends.chainer.ChainerBackend
    good, plain = OfTheSystem(), Plaintext()
    monkeypatch.setattr(chain, "backends", [plain, good])
    chosen(chain())
    system_keyring().write((kalshi(),))
    assert good.entries
    assert not plain.entries
    monkeypatch.setattr(chain, "backends", [plain])
    assert system_keyring() is None


def test_a_locked_keyring_is_told_without_its_contents():
    class Locked(Kept):
        def get_password(self, service, username):
            raise keyring.errors.KeyringLocked("the user said no")

    with pytest.raises(CredentialsWrong, match="the user said no") as caught:
        Keyring(Locked()).read()
    assert caught.value.hint


def test_a_keyring_that_forgets_is_noticed():
    class Forgetful(Kept):
        def set_password(self, service, username, password):
            pass

    with pytest.raises(CredentialsWrong, match="did not keep"):
        Keyring(Forgetful()).write((kalshi(),))


@pytest.mark.parametrize("text", ["{", "[]x", '[{"venue":"kalshi"}]', '[{"canary-4711":1}]', "7"])
def test_an_entry_of_somebody_else_is_told_and_not_quoted(text):
    backend = Kept()
    backend.set_password(SERVICE, ENTRY, text)
    with pytest.raises(CredentialsWrong, match="not in a form") as caught:
        Keyring(backend).read()
    assert CANARY not in str(caught.value)


def test_a_keyring_that_is_named_and_not_there_is_none(monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Keyring")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    assert system_keyring() is None
