"""How `golden.json` was made: with the vendor's own client, which pmterm's pins cannot live beside.

In an empty environment: `pip install polymarket-client==0.14.0`, then `python make_golden.py`.
Its websockets (<16) and eth-utils (<6) are older than what the tests' other packages need.
"""

import hashlib
import json
from decimal import Decimal
from pathlib import Path

from eth_account import Account
from polymarket._internal import wallet as wallets
from polymarket._internal.actions.orders.limit import _compute_limit_order_amounts
from polymarket._internal.actions.orders.market import _compute_market_order_amounts
from polymarket._internal.actions.orders.orders import create_signed_order
from polymarket._internal.actions.orders.post import _build_send_order_payload
from polymarket._internal.actions.orders.typed_data import (
    build_order_signature,
    build_order_typed_data,
)
from polymarket._internal.actions.orders.types import BYTES32_ZERO, UnsignedOrder
from polymarket._internal.protocol import is_v2_position_id
from polymarket.environments import PRODUCTION

KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
OWNER = "3e2c94ca-8124-c4c1-c7ea-be1ea21b71fe"
STAMP = 1_780_000_000_123
ENDS = 1_780_003_600
TOKEN = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
SECOND_PROTOCOL = str((0xABCDEF << 104) | 12345)
CONFIG = PRODUCTION._config
FUNDERS = {
    0: wallets.to_checksum_address(Account.from_key(KEY).address),
    1: wallets.derive_proxy_wallet_address(Account.from_key(KEY).address, CONFIG.wallet_derivation),
    2: wallets.derive_safe_wallet_address(Account.from_key(KEY).address, CONFIG.wallet_derivation),
    3: wallets.derive_beacon_deposit_wallet_address(
        Account.from_key(KEY).address, CONFIG.wallet_derivation
    ),
}
# order type, side, tick, price, size (dollars for a purchase at market), kind, neg-risk, token
CASES = [
    ("GTC", "BUY", "0.01", "0.56", "10", 0, False, TOKEN),
    ("GTC", "SELL", "0.01", "0.56", "10", 1, False, TOKEN),
    ("GTC", "BUY", "0.001", "0.057", "101.23", 2, True, TOKEN),
    ("GTC", "SELL", "0.001", "0.999", "5", 3, True, TOKEN),
    ("GTC", "BUY", "0.0001", "0.0317", "1234.56", 3, False, TOKEN),
    ("GTC", "BUY", "0.0025", "0.5025", "12.34", 3, False, TOKEN),
    ("GTC", "SELL", "0.005", "0.985", "33.33", 3, False, SECOND_PROTOCOL),
    ("GTC", "BUY", "0.1", "0.3", "7.77", 0, False, SECOND_PROTOCOL),
    ("GTD", "BUY", "0.01", "0.07", "1000000", 3, False, TOKEN),
    ("GTD", "SELL", "0.01", "0.99", "5.01", 0, True, TOKEN),
    ("FAK", "SELL", "0.01", "0.56", "100.55", 3, False, TOKEN),
    ("FOK", "SELL", "0.001", "0.33", "33.33", 2, False, TOKEN),
    ("FAK", "SELL", "0.0001", "0.0317", "157.72", 1, True, TOKEN),
    ("FAK", "BUY", "0.01", "0.5", "50", 3, False, TOKEN),
    ("FOK", "BUY", "0.01", "0.56", "28", 0, False, TOKEN),
    ("FAK", "BUY", "0.0025", "0.5025", "20.1", 3, True, TOKEN),
    ("FOK", "BUY", "0.001", "0.057", "57", 3, False, SECOND_PROTOCOL),
]


def salt_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 11


def payload_of(name: str, case: tuple) -> dict:
    kind, side, tick, price, size, signature_type, neg_risk, token = case
    decimals = Decimal(price), Decimal(size)
    if kind in {"GTC", "GTD"}:
        maker, taker = _compute_limit_order_amounts(
            price=decimals[0], size=decimals[1], side=side, tick_size=Decimal(tick)
        )
    else:
        maker, taker = _compute_market_order_amounts(
            price=decimals[0], amount=decimals[1], side=side, tick_size=Decimal(tick)
        )
    account = Account.from_key(KEY)
    is_second = is_v2_position_id(token)
    exchange = CONFIG.neg_risk_exchange if neg_risk else CONFIG.standard_exchange
    order = UnsignedOrder(
        chain_id=137,
        builder=BYTES32_ZERO,
        exchange_address=CONFIG.exchange_v3 if is_second else exchange,
        expiration=ENDS if kind == "GTD" else 0,
        maker=FUNDERS[signature_type],
        maker_amount=maker,
        metadata=BYTES32_ZERO,
        order_type=kind,
        salt=salt_of(name),
        side=side,
        signature_type=signature_type,
        signer=FUNDERS[3] if signature_type == 3 else account.address,
        taker_amount=taker,
        timestamp=STAMP,
        token_id=token,
        protocol_version="3" if is_second else "2",
    )
    signed = account.sign_typed_data(full_message=build_order_typed_data(order))
    signature = build_order_signature(order, "0x" + signed.signature.hex().removeprefix("0x"))
    post_only = kind == "GTC" and side == "SELL"
    final = create_signed_order(order, signature, post_only=post_only)
    return _build_send_order_payload(final, owner_api_key=OWNER)


def main() -> None:
    orders = []
    for number, case in enumerate(CASES, 1):
        name = f"golden-{number:05d}"
        kind, side, tick, price, size, _, neg_risk, _ = case
        facts = {"name": name, "kind": kind, "side": side, "tick": tick, "price": price}
        facts |= {"size": size, "neg_risk": neg_risk, "payload": payload_of(name, case)}
        orders.append(facts)
    owners = [Account.from_key("0x" + f"{n:064x}").address for n in (1, 2, 77, 2**200 + 5)]
    derive = CONFIG.wallet_derivation
    funders = [
        {
            "owner": owner,
            "proxy": wallets.derive_proxy_wallet_address(owner, derive),
            "safe": wallets.derive_safe_wallet_address(owner, derive),
            "deposit": wallets.derive_beacon_deposit_wallet_address(owner, derive),
            "first_deposit": wallets.derive_uups_deposit_wallet_address(owner, derive),
        }
        for owner in owners
    ]
    words = {"stamp": STAMP, "ends": ENDS, "orders": orders, "funders": funders}
    Path(__file__).with_name("golden.json").write_text(json.dumps(words, indent=1) + "\n")


if __name__ == "__main__":
    main()
