"""`pmterm kill`: stops every session, and where one does not answer, goes to the venues itself."""

import asyncio
import os
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pmterm.compose.control import ask_all
from pmterm.compose.network import RATES
from pmterm.compose.proofs import proof_of
from pmterm.compose.trading import wing_of
from pmterm.config.accounts import Account, venue_of
from pmterm.config.credentials import load_accounts
from pmterm.config.paths import kill_flag, live_store_path
from pmterm.config.settings import Settings
from pmterm.messages.accounts import Mode
from pmterm.messages.base import Message
from pmterm.messages.said import ListEnded, ListKind, OrderSeen
from pmterm.messages.transport import HttpRequest
from pmterm.model.errors import CredentialsWrong, PmtermError, StoreBroken, UsageWrong
from pmterm.model.text import clean_text
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter
from pmterm.runtime.clock import Clock, SystemClock
from pmterm.runtime.control import Ask
from pmterm.store.private_files import open_private
from pmterm.venues.base import Orders

_M = TypeVar("_M", bound=Message)
MOST_QUESTIONS = 200
ATTEMPTS = 6
AGAIN_S = 2.0
NOTHING_LEFT = "no open order is left"
NOT_STOPPED = 5


async def kill(settings: Settings, *, flatten: bool) -> tuple[dict[str, Any], int]:
    """Stop everything; return the facts, and 0 only if every cancel is proven.

    A live session that does not answer is forbidden any further order by a file it asks before each
    one, and its account's orders are cancelled at the venue from here, foreign ones too.

    Raises:
        UsageWrong: there is nothing to stop.
    """
    answers = ask_all(Ask("kill", flatten))
    store = live_store_path(settings.store)
    live = [answer for name, answer in answers.items() if name.startswith(Mode.LIVE.value)]
    is_heard = bool(live) and all(live)
    if not answers and not store.exists():
        raise UsageWrong("no session of pmterm is running here.", "There is nothing to stop.")
    facts: dict[str, Any] = {name: answer or "no answer" for name, answer in answers.items()}
    unproved = any(answer is None or answer.get("unproved") for answer in answers.values())
    if store.exists() and not is_heard:
        wrong = _raise_flag(kill_flag(settings.store))
        facts["no live order begins until"] = wrong or "a person resumes in a session (R)"
        venues = await _at_the_venues(settings)
        facts["at the venues"] = venues
        unproved = bool(wrong) or any(said != NOTHING_LEFT for said in venues.values())
        if flatten:
            facts["positions"] = "not closed: that needs a session that answers"
            unproved = True
    return facts, NOT_STOPPED if unproved else 0


def _raise_flag(flag: Path) -> str:
    """Forbid orders by a file; say what went wrong, "" if nothing did: the cancels go on."""
    try:
        os.close(open_private(flag, os.O_WRONLY | os.O_CREAT))
    except StoreBroken as broken:
        return f"NOT FORBIDDEN: {broken}"
    return ""


async def _at_the_venues(settings: Settings) -> dict[str, str]:
    """Cancel everything of every account, and look whether anything is left."""
    clock = SystemClock()
    try:
        accounts = load_accounts(settings, settings.account)
    except CredentialsWrong as wrong:
        return {"keys": str(wrong)}
    if not accounts:
        return {"keys": "none is kept for these venues, so nothing was cancelled there"}
    http = HttpClient(settings.hosts.bases(), Limiter(RATES, clock), clock)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {
                venue: group.create_task(_stop_account(http, account, settings, clock))
                for venue, account in accounts.items()
            }
    finally:
        await http.close()
    return {venue.value: task.result() for venue, task in tasks.items()}


async def _stop_account(
    http: HttpClient, account: Account, settings: Settings, clock: Clock
) -> str:
    """Cancel everything of an account, until nothing is left or it was tried often enough.

    Reads can be seconds behind a cancel, and a venue in trouble may answer the next time.
    """
    said = ""
    try:
        http.prove(venue_of(account), proof_of(account, settings.hosts))
        wing = wing_of(account, settings)
        for attempt in range(ATTEMPTS):
            if attempt:
                await clock.sleep(AGAIN_S)
            said = await _cancel_all(http, wing, clock)
            if said == NOTHING_LEFT:
                break
    except PmtermError as error:
        return str(error)
    return said


async def _cancel_all(http: HttpClient, wing: Orders, clock: Clock) -> str:
    for request in wing.withdraw_all(clock.stamp()):
        answer = await http.ask(request)
        if not 200 <= answer.status < 300:
            said = clean_text(answer.text, 120)
            return f"not cancelled: {answer.status or 'no answer'} {said}"
    listed = await _follow(http, wing, deque(wing.list_orders(clock.stamp())))
    if not any(m.kind is ListKind.ORDERS and m.is_whole for m in _of(listed, ListEnded)):
        return "cancelled, but what is left could not be read"
    left = sum(not seen.state.is_final for seen in _of(listed, OrderSeen))
    return f"{left} open order{'s are' if left > 1 else ' is'} left" if left else NOTHING_LEFT


async def _follow(http: HttpClient, wing: Orders, asks: deque[HttpRequest]) -> list[Message]:
    """Ask, and ask what the answers lead to, to the end or as often as may be."""
    said: list[Message] = []
    asked = 0
    while asks and asked < MOST_QUESTIONS:
        asked += 1
        for word in wing.answered(await http.ask(asks.popleft())):
            if isinstance(word, HttpRequest):
                asks.append(word)
            else:
                said.append(word)
    return said


def _of(said: Iterable[Message], kind: type[_M]) -> list[_M]:
    return [word for word in said if isinstance(word, kind)]
