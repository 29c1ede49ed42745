"""Accounts and passphrases for tests; every secret carries the word that no output may hold."""

from pmterm.config.accounts import KalshiKey, PolymarketAccount
from pmterm.config.environment import PASSPHRASE_FILE
from pmterm.config.passphrase import Passphrases
from pmterm.model.secret import Secret

CANARY = "canary-4711"
PASSPHRASE = "correct horse battery canary-4711"
CHEAP = 2**4  # of scrypt: what is tested is the form, not the cost


def polymarket(name="main", home="polymarket.com"):
    return PolymarketAccount(
        private_key=Secret(f"0x{CANARY}-private"),
        address="0x00000000000000000000000000000000000012Ab",
        signature_type=3,
        funder="0x00000000000000000000000000000000000034cD",
        api_key=Secret(f"{CANARY}-api-key"),
        api_secret=Secret(f"{CANARY}-api-secret"),
        api_passphrase=Secret(f"{CANARY}-api-passphrase"),
        name=name,
        home=home,
    )


def kalshi(name="main", home="kalshi.com", subaccount=None):
    pem = Secret(f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n")
    return KalshiKey("11111111-2222-4333-8444-555555555555", pem, name, home, subaccount)


class Typist:
    """Types what it was told, and remembers what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, prompt):
        self.asked.append(prompt)
        return Secret(self.answers.pop(0))


def typed(*answers):
    return Passphrases({}, Typist(*answers))


def from_file(path):
    return Passphrases({PASSPHRASE_FILE: Secret(str(path))}, Typist())
