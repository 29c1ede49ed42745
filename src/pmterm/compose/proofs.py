"""What signs with an account's keys: requests, the streams' handshakes and greetings."""

from urllib.parse import urlsplit

from pmterm.config.accounts import Account, PolymarketAccount
from pmterm.config.settings import Hosts
from pmterm.venues.base import Proof
from pmterm.venues.kalshi.auth import load_key
from pmterm.venues.kalshi.proof import KalshiProof
from pmterm.venues.polymarket.auth import ApiKey
from pmterm.venues.polymarket.proof import PolymarketProof
from pmterm.venues.polymarket.wallet import load_wallet


def proof_of(account: Account, hosts: Hosts) -> Proof:
    """Return what signs for an account, at these hosts.

    Raises:
        CredentialsWrong: a key of it cannot be one.
    """
    if isinstance(account, PolymarketAccount):
        key = ApiKey(account.api_key.reveal(), account.api_secret, account.api_passphrase)
        return PolymarketProof(load_wallet(account.private_key), key)
    root, stream = (urlsplit(url).path for url in (hosts.kalshi.api, hosts.kalshi.stream))
    signer = load_key(account.pem.reveal().encode())
    return KalshiProof(signer, account.key_id, root=root, stream=stream)
