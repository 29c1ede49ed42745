"""Order groups: all orders of one are cancelled when it is triggered, by us or by fast fills.

A trigger also reaches orders whose id is not known yet. It stays triggered, and refuses new
orders, until it is reset. A group belongs to one shard. Source: Kalshi docs, OpenAPI 3.34.0, read
2026-10: reset and trigger need a body, if an empty one.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from pmterm.messages.base import Message
from pmterm.messages.health import Noticed
from pmterm.messages.said import GroupSeen
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import VenueRefused
from pmterm.model.ids import Venue
from pmterm.model.text import clean_text
from pmterm.model.units import QTY_ONE, SECOND, Ns, Qty
from pmterm.venues.kalshi import fields
from pmterm.venues.kalshi.asking import CANCEL, ORDER, PORTFOLIO, Asked, with_query, write
from pmterm.venues.kalshi.bodies import contracts, encode
from pmterm.venues.kalshi.refusals import ASKED
from pmterm.venues.kalshi.upkeep import Patience
from pmterm.venues.kalshi.verdicts import is_done, moods, object_of, refused

MOST_CONTRACTS: Qty = 1_000_000 * QTY_ONE  # that may fill within 15 s, by the docs
GROUPS = f"{PORTFOLIO}/order_groups"
_TRIPPED = (
    "Kalshi cancelled your resting orders: more of them traded within 15 seconds than your order "
    "group allows. It takes no new orders until you start pmterm again."
)
_STEPS = {"create": "created", "trigger": "triggered", "reset": "reset", "limit": "limit_updated"}


class Groups:
    """The account's groups, one a shard; orders named while there is one belong to it.

    Purposes are "group:<verb>" with the group, or the shard of a new one, after a blank.
    """

    def __init__(self, subaccount: int = 0) -> None:
        self._subaccount = subaccount
        self._by_shard: dict[int, str] = {}
        self._stopped: set[str] = set()
        self._to_trigger: dict[str, Patience] = {}
        self._wanted: dict[int, Patience] = {}

    def use(self, group: str, shard: int = 0) -> None:
        """Put orders of a shard named from now on into a group; "": into none."""
        if group:
            self._by_shard[shard] = group
        else:
            self._by_shard.pop(shard, None)

    def of(self, shard: int) -> str:
        """Return the group that orders of a shard go into, "" if there is none."""
        return self._by_shard.get(shard, "")

    def create(self, most: Qty, shard: int, at: Ns) -> HttpRequest:
        """Return the request for a new group in which up to `most` contracts may fill in 15 s.

        Raises:
            VenueRefused: that many, or that few, cannot be.
        """
        body: dict[str, object] = {"contracts_limit_fp": _limit(most)}
        if shard:
            body["exchange_index"] = shard
        if self._subaccount:
            body["subaccount"] = self._subaccount
        return write(at, "POST", f"{GROUPS}/create", f"group:create {shard}", encode(body))

    def keep(self, shards: Iterable[int], most: Qty, at: Ns) -> list[HttpRequest]:
        """Return requests for groups on shards that have none, not oftener than makes sense."""
        lacking = [shard for shard in shards if shard not in self._by_shard]
        due = [s for s in lacking if self._wanted.setdefault(s, Patience(SECOND * 2)).take(at)]
        return [self.create(most, shard, at) for shard in due]

    def trigger(self, at: Ns) -> list[HttpRequest]:
        """Return requests that cancel all orders of all groups; `again` repeats them.

        The groups are let go: what is named later goes into new ones.
        """
        groups = [*self._to_trigger, *self._by_shard.values()]
        self._stopped.update(groups)
        self._to_trigger = {group: Patience(2 * SECOND) for group in groups}
        self._by_shard.clear()
        return self.again(at)

    def again(self, at: Ns) -> list[HttpRequest]:
        """Return the triggers that the venue has not answered for, as they become due."""
        due = [group for group, patience in self._to_trigger.items() if patience.take(at)]
        return [self._put("trigger", group, at) for group in due]

    def reset(self, at: Ns) -> list[HttpRequest]:
        """Return requests that let the groups take orders again."""
        return [self._put("reset", group, at) for group in self._by_shard.values()]

    def limit(self, group: str, most: Qty, at: Ns) -> HttpRequest:
        """Return the request that lets up to `most` contracts fill within 15 s.

        Raises:
            VenueRefused: that many, or that few, cannot be.
        """
        return self._put("limit", group, at, encode({"contracts_limit_fp": _limit(most)}))

    def delete(self, group: str, at: Ns) -> HttpRequest:
        """Return the request that deletes a group; its orders are cancelled."""
        return write(at, "DELETE", self._path(group), f"group:delete {group}")

    def answered(self, response: HttpResponse, asked: Asked) -> Sequence[Message]:
        """Say what became of a wish about a group."""
        step = _STEPS.get(asked.what, "deleted")
        group = "" if asked.what == "create" else asked.more
        if not is_done(response):
            refusal = refused(response, ASKED)
            known = False if refusal.is_proof and response.status != 429 else None
            if asked.what == "trigger" and known is False:
                self._to_trigger.pop(group, None)
            said = GroupSeen(response.at, Venue.KALSHI, group, step, known, refusal.reason)
            return [said, *moods(response, refusal)]
        if asked.what == "create":
            return [self._created(response, asked)]
        if step in {"deleted", "triggered"}:
            self._forget(group)
        return [GroupSeen(response.at, Venue.KALSHI, group, step)]

    def heard(self, data: dict[str, object], at: Ns) -> list[Message]:
        """Read a frame about a group. One triggered by the venue stays as it is: a person decides.

        Raises:
            ValueError: it does not fit.
        """
        group, step = fields.name(data, "order_group_id"), fields.given(data, "event_type")
        seen = GroupSeen(at, Venue.KALSHI, group, clean_text(step, 40))
        if step == "deleted":
            self._forget(group)
        is_ours = group in self._by_shard.values()
        if step != "triggered" or group in self._stopped or not is_ours:
            return [seen]
        return [seen, Noticed(at, _TRIPPED)]

    def _created(self, response: HttpResponse, asked: Asked) -> GroupSeen:
        try:
            group = fields.name(object_of(response.text) or {}, "order_group_id")
        except ValueError:
            reason = "Kalshi answered without the group's id."
            return GroupSeen(response.at, Venue.KALSHI, "", "created", None, reason)
        self.use(group, int(asked.more) if asked.more.isdecimal() else 0)
        return GroupSeen(response.at, Venue.KALSHI, group, "created")

    def _forget(self, group: str) -> None:
        self._by_shard = {s: known for s, known in self._by_shard.items() if known != group}
        self._to_trigger.pop(group, None)

    def _put(self, verb: str, group: str, at: Ns, body: str = "{}") -> HttpRequest:
        priority = CANCEL if verb == "trigger" else ORDER
        path = self._path(group, f"/{verb}")
        return write(at, "PUT", path, f"group:{verb} {group}", body, priority=priority)

    def _path(self, group: str, step: str = "") -> str:
        query = {"subaccount": self._subaccount} if self._subaccount else {}
        return with_query(f"{GROUPS}/{quote(group, safe='')}{step}", query)


def _limit(most: Qty) -> str:
    if not QTY_ONE <= most <= MOST_CONTRACTS:
        raise VenueRefused(
            "a group's limit must lie between 1 and 1000000 contracts.", "Choose another."
        )
    return contracts(most)
