"""Kalshi's calls about an account's key and limits, and about the exchange itself.

Source: Kalshi docs, OpenAPI 3.34, read 2026-10; schedule and status as recorded 2026-01 to 2026-06.
"""

from typing import Any

from aiohttp import web

from pmterm.model.units import Ns
from pmterm.sim.answers import answer
from pmterm.sim.kalshi_gate import Call, Gate
from pmterm.sim.kalshi_hours import pause_ends, schedule_row
from pmterm.sim.kalshi_limits import costs_row
from pmterm.sim.kalshi_refusals import Refusal
from pmterm.sim.kalshi_rules import KalshiRules
from pmterm.sim.kalshi_words import instant
from pmterm.sim.world import Clock

SHARDS = {
    0: "Default exchange",
    1: "Combos",
    2: "Crypto and commodities",
    3: "Tennis, baseball and basketball",
}


class AccountApi:
    """Answers under /account, /api_keys and /exchange."""

    def __init__(self, gate: Gate, clock: Clock, rules: KalshiRules) -> None:
        self._gate = gate
        self._clock = clock
        self._rules = rules
        self.fee_changes: list[dict[str, Any]] = []

    def routes(self, base: str) -> list[web.RouteDef]:
        """Return every path served."""
        self._base = base
        reads, writes = self._gate.reads, self._gate.writes
        return [
            web.get(f"{base}/account/limits", reads(self._limits)),
            web.get(f"{base}/account/endpoint_costs", self._costs),
            web.get(f"{base}/api_keys", reads(self._keys)),
            web.delete(f"{base}/api_keys/{{key}}", writes(self._delete_key)),
            web.get(f"{base}/exchange/status", self._status),
            web.get(f"{base}/exchange/schedule", self._schedule),
            web.get(f"{base}/exchange/user_data_timestamp", self._freshness),
            web.get(f"{base}/series/fee_changes", self._series_fees),
            web.get(f"{base}/events/fee_changes", self._event_fees),
        ]

    def _limits(self, call: Call) -> web.Response:
        if call.limits is None:
            return answer({"usage_tier": "none", "grants": []})
        return answer(call.limits.row())

    async def _costs(self, _: web.Request) -> web.Response:
        return answer(costs_row(self._base))

    def _keys(self, call: Call) -> web.Response:
        rows = []
        for key in self._gate.keys_of(call.account):
            scopes = ["read"] if key in self._rules.read_only_keys else ["read", "write"]
            row: dict[str, Any] = {"api_key_id": key, "name": "local", "scopes": scopes}
            if key in self._rules.locked_keys:
                row["subaccount"] = self._rules.locked_keys[key]
            rows.append(row)
        return answer({"api_keys": rows})

    def _delete_key(self, call: Call) -> web.Response:
        key = call.path["key"]
        if self._gate.owner(key) != call.account or key not in self._gate.keys:
            raise Refusal("not_found")
        del self._gate.keys[key]
        return web.Response(status=204)

    async def _status(self, _: web.Request) -> web.Response:
        now = self._clock.now()
        rules = self._rules
        resumes = instant(pause_ends(now)) if rules.in_weekly_pause(now) else None
        body = self._flags(0, now) | {"exchange_estimated_resume_time": resumes}
        body["exchange_index_statuses"] = [
            {"exchange_index": shard, "description": description} | self._flags(shard, now)
            for shard, description in SHARDS.items()
        ]
        return answer(body)

    def _flags(self, shard: int, now: Ns) -> dict[str, Any]:
        is_open = self._rules.takes_cancels
        return {
            "exchange_active": is_open,
            "trading_active": self._rules.is_trading(now, shard),
            "intra_exchange_transfers_active": is_open,
        }

    async def _schedule(self, _: web.Request) -> web.Response:
        return answer({"schedule": schedule_row()})

    async def _freshness(self, _: web.Request) -> web.Response:
        return answer({"as_of_time": instant(self._clock.now() - self._rules.list_lag)})

    async def _series_fees(self, _: web.Request) -> web.Response:
        return answer({"series_fee_change_arr": self.fee_changes})

    async def _event_fees(self, _: web.Request) -> web.Response:
        return answer({"event_fee_change_arr": []})
