"""Builds what a live session has and a paper session has not: accounts, who signs, who is told."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec

from pmterm.compose.core import Core
from pmterm.compose.network import SILENT_S, Network
from pmterm.compose.proofs import proof_of
from pmterm.config.accounts import Account, KalshiKey
from pmterm.config.credentials import load_accounts
from pmterm.config.settings import Settings
from pmterm.messages.base import Message
from pmterm.messages.health import Heartbeat
from pmterm.messages.live import AccountSeen
from pmterm.messages.orders import GateChanged
from pmterm.messages.transport import HttpRequest
from pmterm.model.errors import CredentialsWrong
from pmterm.model.ids import OrderId, Venue
from pmterm.model.order import GateState
from pmterm.model.secret import Secret
from pmterm.model.units import QTY_ONE, Ns
from pmterm.net.websocket import Stream
from pmterm.runtime.clock import Clock
from pmterm.runtime.hub import Hub
from pmterm.runtime.log import Redactor
from pmterm.runtime.request_worker import RequestWorker
from pmterm.runtime.session import Private
from pmterm.runtime.user_worker import UserWorker
from pmterm.venues.base import Orders, Proof
from pmterm.venues.kalshi.bodies import House
from pmterm.venues.kalshi.orders import KalshiOrders

CREATES = ("place:", "amend:")
# No orders without word of them: Polymarket answers our PING every 5 s, and Kalshi's wing asks for
# a sign of life itself.
USER_SILENT_S = {**SILENT_S, Venue.POLYMARKET: 9.0}


class Trader(msgspec.Struct, frozen=True):
    """Whose real money: what trades, who proves it, and the accounts' public names, by venue.

    `kalshi` is the key for Kalshi's market stream.
    """

    wings: Mapping[Venue, Orders]
    proofs: Mapping[Venue, Proof]
    names: Mapping[Venue, str]
    kalshi: KalshiKey | None


def trader(settings: Settings, redactor: Redactor) -> Trader:
    """Open the keys and build what trades with them; asks for the passphrase where it must.

    Raises:
        CredentialsWrong: there is no account, or its key cannot be used.
    """
    accounts = load_accounts(settings, settings.account)
    if not accounts:
        raise CredentialsWrong(
            "no account is stored for these venues, so there is no money to trade with.",
            "Run `pmterm keys add polymarket` or `pmterm keys add kalshi` first.",
        )
    for account in accounts.values():
        for field in account.__struct_fields__:
            value = getattr(account, field)
            if isinstance(value, Secret):
                redactor.register(value.reveal())
    hosts = settings.hosts
    kalshi = accounts.get(Venue.KALSHI)
    return Trader(
        {venue: wing_of(account, settings) for venue, account in accounts.items()},
        {venue: proof_of(account, hosts) for venue, account in accounts.items()},
        {venue: public_name(account) for venue, account in accounts.items()},
        kalshi if isinstance(kalshi, KalshiKey) else None,
    )


def wing_of(account: Account, settings: Settings) -> Orders:
    """Return what trades with an account."""
    if isinstance(account, KalshiKey):
        most = settings.group_contracts * QTY_ONE
        return KalshiOrders(House(subaccount=account.subaccount or 0, group_contracts=most))
    from pmterm.venues.polymarket.naming import Trader as Maker
    from pmterm.venues.polymarket.orders import PolymarketOrders
    from pmterm.venues.polymarket.signing import SignatureType
    from pmterm.venues.polymarket.wallet import load_wallet

    kind = SignatureType(account.signature_type)
    maker = Maker(kind, account.funder, account.api_key.reveal())
    return PolymarketOrders(load_wallet(account.private_key), maker)


def public_name(account: Account) -> str:
    """Return what an account is called for everybody: the wallet with the money, or the key id."""
    return account.key_id if isinstance(account, KalshiKey) else account.funder


def private(trader_: Trader, settings: Settings, net: Network, hub: Hub, clock: Clock) -> Private:
    """Build who carries signed requests and the streams of our own orders."""
    for venue, proof in trader_.proofs.items():
        net.http.prove(venue, proof)
    urls = settings.hosts.user_streams()

    def stream(proof: Proof) -> Stream:
        def shake() -> Mapping[str, str]:
            return proof.handshake(clock.now())

        venue = proof.venue
        return Stream(urls[venue], shake, venue, clock, silent_s=USER_SILENT_S[venue])

    streams = {
        venue: UserWorker(proof, partial(stream, proof), net.http, hub.put, clock)
        for venue, proof in trader_.proofs.items()
    }
    return Private(RequestWorker(net.http, hub.put, clock, "orders"), streams)


def forbid_creates(
    net: Network, parts: Core, hub: Hub, flag: Path, killed: Callable[[], object]
) -> None:
    """Have the door to the network ask about each create, just before its first byte.

    No create passes that is not armed any more, or while a panic or disarm is in line for the gate
    unless it closes; none while the gate is halted or a halt is in line, or while `flag` is there:
    another shell's kill, told to `killed`. The flag goes when a person lets orders through again.
    """

    def permit(request: HttpRequest) -> str:
        if not request.purpose.startswith(CREATES):
            return ""
        if hub.is_halting:
            return "not sent: trading is being halted"
        order = OrderId(request.purpose.partition(":")[2])
        why = parts.gate.why_not_now(order, is_stopping=hub.is_stopping)
        if why:
            return f"not sent: {why}"
        if not flag.exists():
            return ""
        killed()
        return "not sent: killed from another shell"

    def gate_changed(changed: GateChanged) -> None:
        if changed.state is GateState.ACTIVE:
            flag.unlink(missing_ok=True)

    parts.engine.listen({GateChanged: gate_changed})
    net.http.permit_by(permit)


def sign_ahead(proofs: Mapping[Venue, Proof], parts: Core, clock: Clock) -> None:
    """While orders may come, have the slow part of their headers made before they do."""

    def beat(_: Heartbeat) -> None:
        if parts.gate.armed is not None:
            for proof in proofs.values():
                proof.sign_ahead(clock.now())

    parts.engine.listen({Heartbeat: beat})


def check_accounts(names: Mapping[Venue, str], told: Sequence[Message]) -> None:
    """Make sure that this journal is about these accounts.

    Raises:
        CredentialsWrong: it is about another account of a venue.
    """
    before = {said.venue: said.account for said in told if isinstance(said, AccountSeen)}
    for venue, name in names.items():
        if before.get(venue, name) != name:
            raise CredentialsWrong(
                f"this store is about the {venue.value} account {before[venue]}, and the key is "
                f"of {name}.",
                "Take the right key (live.account), or a store of its own for this account: "
                "--store FILE.",
            )


def accounts_seen(names: Mapping[Venue, str], at: Ns) -> list[Message]:
    """Say whose money the session is about."""
    return [AccountSeen(at, venue, name) for venue, name in names.items()]
