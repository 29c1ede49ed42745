"""Who may trade on the local exchange, and with how much test money."""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple, TypeAlias

import msgspec
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from pmterm.model.ids import Venue
from pmterm.model.units import Cash

PublicKey: TypeAlias = rsa.RSAPublicKey | ed25519.Ed25519PublicKey


class Purse(NamedTuple):
    """Where money lies: Kalshi keeps it apart for each of its matching engines (shards)."""

    venue: Venue
    shard: int = 0


POLYMARKET_PURSE = Purse(Venue.POLYMARKET)
KALSHI_PURSE = Purse(Venue.KALSHI)


class TestAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account of the local exchange, the same person on both venues.

    `cash` in 1e-6 USD; a purse that is not named does not exist there (Kalshi then answers
    `user_not_found` on that shard). `wallet` is the checksummed address of the key that signs
    Polymarket's L1 and, unless `signature_type` is 3, its orders; `funder` holds the money ("" for
    the wallet itself). `kalshi_keys` are public keys by key id.
    """

    __test__: ClassVar[bool] = False  # it is no test, whatever pytest makes of its name

    account_id: str
    cash: Mapping[Purse, Cash] = {}
    wallet: str = ""
    signature_type: int = 0
    funder: str = ""
    kalshi_keys: Mapping[str, PublicKey] = {}

    @property
    def maker(self) -> str:
        """The address that holds the money on Polymarket."""
        return self.funder or self.wallet
