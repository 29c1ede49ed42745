"""Kalshi's calls that move an account's money: between shards, and to and from subaccounts."""

import uuid
from typing import Any

import msgspec
from aiohttp import web

from pmterm.model.ids import Venue
from pmterm.model.units import CASH_CENT, SECOND, Cash, Ns, fixed_text
from pmterm.sim.accounts import Purse
from pmterm.sim.answers import answer, page
from pmterm.sim.exchange import Exchange
from pmterm.sim.kalshi_bodies import NUMBER, TEXT, demand, fields
from pmterm.sim.kalshi_desk import MOST_SUBACCOUNTS, owner_of
from pmterm.sim.kalshi_gate import Call, Gate
from pmterm.sim.kalshi_records import KalshiRecords
from pmterm.sim.kalshi_refusals import LOCKED_KEY, NO_USER, Refusal

CENTICENT: Cash = 100
TAKES: Ns = SECOND // 2  # how long money is under way between shards; made up
SHARD_TRANSFER = {
    "source": TEXT,
    "destination": TEXT,
    "amount": NUMBER,
    "source_exchange_shard": NUMBER,
    "destination_exchange_shard": NUMBER,
    "client_transfer_id": TEXT,
}
SUB_TRANSFER = {
    "client_transfer_id": TEXT,
    "from_subaccount": NUMBER,
    "to_subaccount": NUMBER,
    "amount_cents": NUMBER,
    "exchange_index": NUMBER,
}


class _Transfer(msgspec.Struct):
    id: str
    account: str
    source: int
    target: int
    cash: Cash
    at: Ns
    status: str = "pending"

    def row(self) -> dict[str, Any]:
        return {
            "transfer_id": self.id,
            "source": "event_contract",
            "destination": "event_contract",
            "source_exchange_shard": self.source,
            "destination_exchange_shard": self.target,
            "amount": fixed_text(self.cash // CENTICENT, 4, at_least=4),
            "status": self.status,
            "created_ts": self.at // SECOND,
        }


class TransfersApi:
    """Answers under /portfolio/intra_exchange_* and /portfolio/subaccounts."""

    def __init__(self, exchange: Exchange, records: KalshiRecords, gate: Gate) -> None:
        self._exchange = exchange
        self._records = records
        self._gate = gate
        self._transfers: dict[str, _Transfer] = {}
        self._used: set[tuple[str, str]] = set()  # ids a client gave, used once
        self._subaccounts: dict[str, int] = {}
        self._moves: dict[str, list[dict[str, Any]]] = {}

    def routes(self, base: str) -> list[web.RouteDef]:
        """Return every path served."""
        root, reads, writes = f"{base}/portfolio", self._gate.reads, self._gate.writes
        instances = f"{root}/intra_exchange_instance_transfer"
        return [
            web.post(instances, writes(self._between_shards)),
            web.get(f"{instances}s", reads(self._list_between_shards)),
            web.get(f"{instances}s/{{transfer}}", reads(self._look)),
            web.post(f"{root}/subaccounts", writes(self._create)),
            web.post(f"{root}/subaccounts/transfer", writes(self._between_subaccounts)),
            web.get(f"{root}/subaccounts/balances", reads(self._balances)),
            web.get(f"{root}/subaccounts/transfers", reads(self._list)),
        ]

    # ---- shards

    def _between_shards(self, call: Call) -> web.Response:
        self._check_lock(call)
        found = fields(call.body(), "IntraExchangeInstanceTransferRequest", SHARD_TRANSFER)
        demand(found, "source", "destination", "amount")
        source = found.get("source_exchange_shard", 0)
        target = found.get("destination_exchange_shard", 0)
        cash = found["amount"] * CENTICENT
        if cash <= 0 or source == target:
            raise Refusal("invalid_parameters")
        self._check_free(call.account, source, cash)
        self._use(call.account, found.get("client_transfer_id", ""))
        name = f"transfer/{call.account}/{len(self._transfers)}/{call.at}"
        transfer = _Transfer(
            str(uuid.uuid5(uuid.NAMESPACE_URL, name)), call.account, source, target, cash, call.at
        )
        self._transfers[transfer.id] = transfer
        self._move(call.at, call.account, source, -cash)
        self._exchange.call_at(call.at + TAKES, lambda at: self._arrive(transfer, at))
        return answer({"transfer_id": transfer.id})

    def _arrive(self, transfer: _Transfer, at: Ns) -> None:
        self._move(at, transfer.account, transfer.target, transfer.cash)
        transfer.status = "complete"

    def _look(self, call: Call) -> web.Response:
        transfer = self._transfers.get(call.path["transfer"])
        if transfer is None or transfer.account != call.account:
            raise Refusal("not_found")
        return answer({"transfer": transfer.row()})

    def _list_between_shards(self, call: Call) -> web.Response:
        limit = call.limit("GetIntraExchangeInstanceTransfers")
        own = [one for one in self._transfers.values() if one.account == call.account]
        rows, cursor = page(own[::-1], call.query.get("cursor", ""), limit)
        return answer({"transfers": [one.row() for one in rows], "cursor": cursor})

    # ---- subaccounts

    def _create(self, call: Call) -> web.Response:
        self._check_lock(call)
        found = fields(call.body(), "CreateSubaccountRequest", {"exchange_index": NUMBER})
        shard = max(0, found.get("exchange_index", 0))
        if Purse(Venue.KALSHI, shard) not in self._exchange.ledger.purses(call.account):
            raise Refusal("user_not_found", NO_USER)
        number = self._subaccounts.get(call.account, 0) + 1
        if number > MOST_SUBACCOUNTS:
            raise Refusal("invalid_parameters", "too many subaccounts")
        self._subaccounts[call.account] = number
        self._move(call.at, owner_of(call.account, number), shard, 0)
        return answer({"subaccount_number": number}, 201)

    def _between_subaccounts(self, call: Call) -> web.Response:
        self._check_lock(call)
        found = fields(call.body(), "ApplySubaccountTransferRequest", SUB_TRANSFER)
        demand(found, "client_transfer_id", "from_subaccount", "to_subaccount", "amount_cents")
        numbers = (found["from_subaccount"], found["to_subaccount"])
        shard, cash = max(0, found.get("exchange_index", 0)), found["amount_cents"] * CASH_CENT
        source, target = (owner_of(call.account, number) for number in numbers)
        if cash <= 0 or source == target:
            raise Refusal("invalid_parameters")
        if not 0 <= max(numbers) <= self._subaccounts.get(call.account, 0) or min(numbers) < 0:
            raise Refusal("not_found")
        self._check_free(source, shard, cash)
        self._use(call.account, found["client_transfer_id"])
        self._move(call.at, source, shard, -cash)
        self._move(call.at, target, shard, cash)
        self._moves.setdefault(call.account, []).append(
            {
                "transfer_id": found["client_transfer_id"],
                "from_subaccount": numbers[0],
                "to_subaccount": numbers[1],
                "amount_cents": found["amount_cents"],
                "created_ts": call.at // SECOND,
                "exchange_index": shard,
            }
        )
        return answer({})

    def _balances(self, call: Call) -> web.Response:
        self._check_lock(call)
        rows = [
            {
                "subaccount_number": number,
                "exchange_index": purse.shard,
                "balance": fixed_text(cash // 100, 4, at_least=4),
                "updated_ts": call.at // SECOND,
            }
            for number in range(self._subaccounts.get(call.account, 0) + 1)
            for purse, cash in self._exchange.ledger.purses(owner_of(call.account, number)).items()
            if purse.venue is Venue.KALSHI
        ]
        return answer({"subaccount_balances": rows})

    def _list(self, call: Call) -> web.Response:
        self._check_lock(call)
        limit = call.limit("GetSubaccountTransfers")
        moves = self._moves.get(call.account, [])[::-1]
        rows, cursor = page(moves, call.query.get("cursor", ""), limit)
        return answer({"transfers": rows, "cursor": cursor})

    # ---- both

    def _check_lock(self, call: Call) -> None:
        if call.locked_to is not None:
            raise Refusal("forbidden", LOCKED_KEY)

    def _check_free(self, owner: str, shard: int, cash: Cash) -> None:
        if Purse(Venue.KALSHI, shard) not in self._exchange.ledger.purses(owner):
            raise Refusal("user_not_found", NO_USER)
        if cash > self._exchange.free_cash(owner, Venue.KALSHI, shard):
            raise Refusal("insufficient_balance")

    def _use(self, account: str, transfer_id: str) -> None:
        if not transfer_id:
            return
        if (account, transfer_id) in self._used:
            raise Refusal("transfer_already_exists")
        self._used.add((account, transfer_id))

    def _move(self, at: Ns, owner: str, shard: int, cash: Cash) -> None:
        self._exchange.ledger.deposit(at, owner, Purse(Venue.KALSHI, shard), cash)
        self._records.note_cash(at, owner)
