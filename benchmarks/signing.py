"""B4, the signing part: a wish to the body and headers of its request, beside py-clob-client-v2.

Both take the same order to the bytes that go on the socket: amounts, EIP-712 digest, signature,
JSON, HMAC. Theirs is what its `create_order` and `post_order` do without their requests for
metadata; its eth-account signs with coincurve, which is installed. Rounds alternate, so that
whatever else the machine does falls on both.

Run: python benchmarks/signing.py [--json] [--orders N] [--rounds N]
"""

import argparse
import importlib.util
import json
import statistics
import time
from collections.abc import Callable
from typing import TypeAlias

from pmterm.messages.orders import Intent
from pmterm.model.ids import MarketId, OrderId, TokenId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import Side, TimeInForce
from pmterm.model.secret import Secret
from pmterm.venues.polymarket.auth import ApiKey
from pmterm.venues.polymarket.naming import Trader
from pmterm.venues.polymarket.orders import PolymarketOrders
from pmterm.venues.polymarket.proof import PolymarketProof
from pmterm.venues.polymarket.signing import SignatureType
from pmterm.venues.polymarket.wallet import load_wallet

Make: TypeAlias = Callable[[int], int]  # the n-th order's bytes are made; returns how many
Row: TypeAlias = dict[str, float]
KEY = "0x" + "42" * 32
FUNDER = "0xa3D82Ed56F4c68d2328Fb8c29e568Ba2cAF7d7c8"
OWNER = "3e2c94ca-8124-c4c1-c7ea-be1ea21b71fe"
SECRET = "A" * 43 + "="  # made up, as all here
TOKEN = "71321045679252212594626385532706912750332728571942532289631379312455583992563"  # noqa: S105  # an asset id
START = 1_790_000_000_000_000_000
GOAL_RATIO = 8.0
WAYS = {"EOA": SignatureType.EOA, "deposit wallet": SignatureType.DEPOSIT_WALLET}


def ours(kind: SignatureType) -> Make:
    """An intent to the request and its headers, as a live session does it."""
    wallet = load_wallet(Secret(KEY))
    funder = wallet.address if kind is SignatureType.EOA else FUNDER
    wing = PolymarketOrders(wallet, Trader(kind, funder, OWNER))
    proof = PolymarketProof(wallet, ApiKey(OWNER, Secret(SECRET), Secret("5f4dcc3b")))
    sides = (Outcome("A", TokenId(TOKEN)), Outcome("B", TokenId("1" + TOKEN[1:])))
    market = Market(id=MarketId("0x" + "5f" * 32), venue=Venue.POLYMARKET, title="", outcomes=sides)
    wing.learn(market)

    def make(number: int) -> int:
        intent = Intent(
            START + number * 1_000_000,
            OrderId(f"bench-{number:05d}"),
            market.id,
            Side.BUY,
            10_000_000,
            5_600,
            TimeInForce.GTC,
        )
        request = wing.place(wing.name(intent, market, 0), intent.at)
        return len(request.body) + len(proof.headers(request, intent.at))

    return make


def theirs(kind: SignatureType) -> Make:
    """The same by py-clob-client-v2."""
    from py_clob_client_v2.clob_types import ApiCreds, CreateOrderOptions, OrderArgsV2, RequestArgs
    from py_clob_client_v2.headers.headers import create_level_2_headers
    from py_clob_client_v2.order_builder.builder import OrderBuilder
    from py_clob_client_v2.order_utils.model.order_data_v2 import order_to_json_v2
    from py_clob_client_v2.signer import Signer

    signer = Signer(KEY, 137)
    funder = None if kind is SignatureType.EOA else FUNDER
    builder = OrderBuilder(signer, int(kind), funder)
    creds = ApiCreds(OWNER, SECRET, "5f4dcc3b")
    options = CreateOrderOptions(tick_size="0.01", neg_risk=False)

    def make(number: int) -> int:
        wish = OrderArgsV2(TOKEN, price=0.56, size=10.0, side="BUY", expiration=number * 0)
        words = order_to_json_v2(builder.build_order(wish, options), OWNER, "GTC")
        body = json.dumps(words, separators=(",", ":"), ensure_ascii=False)
        args = RequestArgs("POST", "/order", words, body)
        return len(body) + len(create_level_2_headers(signer, creds, args))

    return make


def measure(make: Make, orders: int) -> Row:
    """Make orders one by one; returns microseconds of the median and of the slowest hundredth."""
    taken = []
    for number in range(orders):
        start = time.perf_counter_ns()
        make(number)
        taken.append((time.perf_counter_ns() - start) / 1_000)
    taken.sort()
    return {"p50": taken[orders // 2], "p99": taken[orders * 99 // 100]}


def run(orders: int, rounds: int) -> dict[str, dict[str, Row]]:
    """Alternate both ways for some rounds; returns the medians of each, by kind of wallet."""
    has_peer = importlib.util.find_spec("py_clob_client_v2") is not None
    found = {}
    for name, kind in WAYS.items():
        ways = {"pmterm": ours(kind)} | ({"py-clob-client-v2": theirs(kind)} if has_peer else {})
        kept: dict[str, list[Row]] = {way: [] for way in ways}
        for make in ways.values():
            measure(make, max(orders // 10, 10))
        for _ in range(rounds):
            for way, make in ways.items():
                kept[way].append(measure(make, orders))
        found[name] = {
            way: {key: statistics.median(row[key] for row in rows) for key in ("p50", "p99")}
            for way, rows in kept.items()
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--orders", type=int, default=500, help="orders in a round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    found = run(options.orders, options.rounds)
    ratios = {
        name: rows["py-clob-client-v2"]["p50"] / rows["pmterm"]["p50"]
        for name, rows in found.items()
        if len(rows) == 2
    }
    if options.json:
        print(json.dumps({"us": found, "ratio": ratios, "goal_ratio": GOAL_RATIO}))
        return
    print(f"B4: an order's body and headers, us, median of {options.rounds} rounds")
    print(f"{'':38}{'p50':>9}{'p99':>9}")
    for name, rows in found.items():
        for way, row in rows.items():
            print(f"{name + ', ' + way:38}{row['p50']:9.1f}{row['p99']:9.1f}")
    for name, ratio in ratios.items():
        met = "met" if ratio >= GOAL_RATIO else "NOT met"
        print(f"{name}: {ratio:.1f} times faster; goal {GOAL_RATIO:.0f}: {met}")


if __name__ == "__main__":
    main()
