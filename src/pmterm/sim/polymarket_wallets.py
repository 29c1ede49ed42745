"""Whose wallet is whose on the local exchange's Polymarket, and what it may do."""

from collections.abc import Iterable

import msgspec
from eth_utils.address import to_checksum_address

from pmterm.sim.accounts import TestAccount
from pmterm.sim.polymarket_signing import DEPOSIT_WALLET, EOA


class Wallet(msgspec.Struct, eq=False):
    """An account's wallet: `address` is the key's, `maker` holds the money.

    `is_closed_only` may sell only; without `has_allowance` the exchange may not take its money.
    `asked` holds the assets whose balance the venue has read ("" the collateral).
    """

    account_id: str
    address: str
    signature_type: int
    maker: str
    is_banned: bool = False
    is_closed_only: bool = False
    has_allowance: bool = True
    asked: set[str] = set()

    @property
    def signer(self) -> str:
        """The address that must stand as `signer` in its orders."""
        return self.maker if self.signature_type == DEPOSIT_WALLET else self.address


class Wallets:
    """Every wallet, by the address of its key and by the one that holds its money."""

    def __init__(self, accounts: Iterable[TestAccount] = ()) -> None:
        self._by_key: dict[str, Wallet] = {}
        self._by_maker: dict[str, Wallet] = {}
        for account in accounts:
            self.add(account)

    def add(self, account: TestAccount) -> None:
        """Know an account; one without a wallet does not trade here."""
        if account.wallet:
            address, maker = (to_checksum_address(a) for a in (account.wallet, account.maker))
            self._put(Wallet(account.account_id, address, account.signature_type, maker))

    def of_key(self, address: str) -> Wallet:
        """Return the wallet of a key's address; a stranger's is new and empty."""
        known = self._by_key.get(to_checksum_address(address))
        return known or self._put(Wallet(address, address, EOA, address))

    def of_maker(self, address: str) -> Wallet | None:
        """Return the wallet whose money lies at an address, in any spelling."""
        return self._by_maker.get(address.lower())

    def of_account(self, account_id: str) -> Wallet | None:
        """Return an account's wallet."""
        return next((w for w in self._by_key.values() if w.account_id == account_id), None)

    def _put(self, wallet: Wallet) -> Wallet:
        self._by_key[wallet.address] = wallet
        self._by_maker[wallet.maker.lower()] = wallet
        return wallet
