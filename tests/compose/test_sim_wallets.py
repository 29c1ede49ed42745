"""A test account's wallet on the local exchange stands where the venue's factories put it."""

import pytest
from eth_account import Account

from pmterm.compose.exchange import _accounts
from pmterm.config.sections import SimSettings
from pmterm.venues.polymarket.funders import funders_of

# The first account of local Ethereum development chains: public, and worth nothing.
KNOWN = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


@pytest.mark.parametrize(
    ("wallet", "kind"), [("eoa", 0), ("proxy", 1), ("safe", 2), ("deposit", 3)]
)
def test_the_money_lies_in_a_wallet_that_follows_from_the_key(tmp_path, wallet, kind):
    wish = SimSettings(accounts=str(tmp_path / "accounts.json"), wallet=wallet)
    (made,) = _accounts(wish, [])
    first = next(each for each in funders_of(made.wallet) if each.kind == kind)
    assert (made.funder, made.signature_type) == (first.address, kind)
    assert _accounts(wish, []) == [made], "kept, not made anew"


def test_wallets_of_a_known_key_stand_at_known_addresses(tmp_path, monkeypatch):
    class Key:
        address = KNOWN
        key = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")

    monkeypatch.setattr(Account, "create", Key)
    wish = SimSettings(accounts=str(tmp_path / "accounts.json"), wallet="safe")
    (made,) = _accounts(wish, [])
    assert made.wallet == KNOWN
    assert made.funder == "0xd93B25cb943D14d0d34FBaF01Fc93a0f8b5F6E47"
