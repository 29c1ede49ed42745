"""The switches of Kalshi's dialect: what is measured, what only a fault test wants otherwise."""

import msgspec

from pmterm.model.units import MS, SECOND, Ns
from pmterm.sim.kalshi_hours import is_pause

LOOK_LAG: Ns = 400 * MS  # demo, 2026-06: an order read 360 ms after its cancel still rests


class KalshiRules(msgspec.Struct):
    """Settings of the venue, all of them as seen in late 2026 unless a test says otherwise.

    - `skew`: how far a signature's time may be off.
    - `list_lag`, `look_lag`: by how much lists, positions and balances, and the reading of one
      order, are behind the engine.
    - `tier`: whose rate limits hold, "" for none.
    - `trades`, `takes_cancels`: off during a trading pause, and during an exchange pause;
      `shards_down` do not trade.
    - `keeps_hours`: whether the weekly trading pause is kept.
    - `ioc_conflicts`: an order that is immediate-or-cancel and meets nobody is refused (409)
      instead of accepted and cancelled; both were reported.
    - `sweep_lasts`: for how long a cancel of everything takes new orders, too; the venue says up
      to a minute.
    - `read_only_keys`: keys that may not write; `locked_keys`: the subaccount a key is locked to.
    - `sends_stamps`: frames of the stream carry `sending_ts_ms`.
    - `swaps_commands`: of commands that come together the last is carried out first.
    - `compresses`: the stream offers permessage-deflate.
    - `sends_liquidity`: markets carry `liquidity_dollars`, as they did until 2026-10-01.
    """

    skew: Ns = 15 * SECOND
    list_lag: Ns = 1 * SECOND
    look_lag: Ns = LOOK_LAG
    tier: str = "basic"
    trades: bool = True
    takes_cancels: bool = True
    shards_down: frozenset[int] = frozenset()
    keeps_hours: bool = False
    ioc_conflicts: bool = False
    sweep_lasts: Ns = 0
    read_only_keys: frozenset[str] = frozenset()
    locked_keys: dict[str, int] = {}
    sends_stamps: bool = True
    swaps_commands: bool = False
    compresses: bool = True
    sends_liquidity: bool = False

    def in_weekly_pause(self, at: Ns) -> bool:
        """Tell whether the week's pause is kept and on."""
        return self.keeps_hours and is_pause(at)

    def is_trading(self, at: Ns, shard: int = 0) -> bool:
        """Tell whether orders are taken on a shard."""
        return self.trades and shard not in self.shards_down and not self.in_weekly_pause(at)
