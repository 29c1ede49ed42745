"""What a test, or a fault script, can set on the local exchange's Polymarket."""

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.units import SECOND, Ns


class PolymarketSwitches(msgspec.Struct):
    """Plain fields, read whenever they matter.

    A trade is MATCHED, `mined_after` later MINED and `confirmed_after` later CONFIRMED; the next
    `failing_trades` are RETRYING instead of MINED and FAILED instead of CONFIRMED, and are undone.
    `events_after` holds back the user stream's words about an order (0: they are under way before
    the answer is), `trades_after` each trade from the list of trades. `taker_delay` other than -1
    replaces the markets' own.

    `deposit_wallets_only` refuses every other kind of wallet, as the venue does to new accounts;
    `checks_amounts` refuses market orders of more than 2 and 4 decimals, whatever the tick, as
    reported (py-clob-client-v2 issue 99); `needs_balance_update` shows no money or shares until
    `/balance-allowance/update` was asked; `names_maker_sides` writes `side` into maker orders, as
    frames since 2025 have it. `limits_rates` refuses what is too fast, `warns_of_rates` only says
    so. Markets in `not_ready` take no orders yet; those in `hidden` Gamma shows and the CLOB does
    not know. While `gamma_lags` Gamma shows closed markets as open ones; its keyset pages that are
    not the last hold at most `gamma_page` rows, as if it had filtered them afterwards. `country`
    is where the geoblock says we are, `is_blocked` whether it may not trade.
    """

    mined_after: Ns = 2 * SECOND
    confirmed_after: Ns = 5 * SECOND
    failing_trades: int = 0
    events_after: Ns = 0
    trades_after: Ns = 0
    taker_delay: Ns = -1
    deposit_wallets_only: bool = False
    checks_amounts: bool = True
    needs_balance_update: bool = False
    names_maker_sides: bool = True
    limits_rates: bool = True
    warns_of_rates: bool = False
    tier: str = "standard"
    not_ready: set[MarketId] = set()
    hidden: set[MarketId] = set()
    gamma_lags: bool = False
    gamma_page: int = 100
    country: str = "NL"
    region: str = "NH"
    is_blocked: bool = False
