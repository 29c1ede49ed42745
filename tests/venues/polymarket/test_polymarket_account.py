"""Setting an account up: its API key, its wallet, whether it may trade."""

from typing import Any

import pytest
from tests.venues.polymarket.account_build import (
    ADDRESS,
    FUNDER,
    OWNER,
    START,
    order_row,
    page,
    reply,
    trade_row,
    user_event,
)

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import CredentialsWrong, TransportLost, VenueRefused
from pmterm.venues.polymarket.account import (
    ask_closed_only,
    ask_key,
    ask_refresh,
    read_closed_only,
    read_key,
)
from pmterm.venues.polymarket.account_setup import told, wallet_of, wallet_questions
from pmterm.venues.polymarket.funders import funders_of
from pmterm.venues.polymarket.signing import SignatureType

WORDS = {
    "apiKey": OWNER,
    "secret": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "passphrase": "p",
}
DEPOSIT, SAFE, PROXY, EOA, FIRST_DEPOSIT = funders_of(ADDRESS)


def test_the_key_there_is_comes_first_and_a_new_one_only_if_there_is_none() -> None:
    derive, create = ask_key(START), ask_key(START, create=True)
    assert (derive.method, derive.path, derive.auth) == ("GET", "/auth/derive-api-key", "l1")
    assert (create.method, create.path, create.auth) == ("POST", "/auth/api-key", "l1")
    assert read_key(reply(derive, {"error": "Could not derive api key!"}, 400)) is None
    key = read_key(reply(create, WORDS))
    assert key is not None
    assert (key.id, key.passphrase.reveal()) == (OWNER, "p")


@pytest.mark.parametrize(
    ("status", "words", "error"),
    [
        (0, "timeout", TransportLost),
        (401, {"error": "Invalid L1 Request headers"}, CredentialsWrong),
        (400, {"error": "Could not create api key"}, VenueRefused),
        (403, "<!DOCTYPE html>", VenueRefused),
        (200, "{}", VenueRefused),
        (200, WORDS | {"secret": 7}, VenueRefused),
        (200, WORDS | {"secret": "!"}, CredentialsWrong),
        (500, "", VenueRefused),
    ],
)
def test_a_key_that_does_not_come_says_why_and_what_to_do(
    status: int, words: Any, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        read_key(reply(ask_key(START), words, status))
    assert len(str(caught.value)) > 30


def test_whether_an_account_may_only_close_is_read_or_said_not_to_be_known() -> None:
    request = ask_closed_only(START)
    assert (request.path, request.auth) == ("/auth/ban-status/closed-only", "l2")
    assert read_closed_only(reply(request, {"closed_only": True})) is True
    assert read_closed_only(reply(request, {"closed_only": False})) is False
    for words in ({}, {"closed_only": "no"}, "null"):
        with pytest.raises(VenueRefused):
            read_closed_only(reply(request, words))


def test_the_venue_can_be_made_to_read_the_chain_again() -> None:
    path = ask_refresh(SignatureType.SAFE, START, "x").path
    assert path == "/balance-allowance/update?asset_type=COLLATERAL&signature_type=2"


def answers(balances: dict[int, Any], orders: Any = None, trades: Any = None) -> list[HttpResponse]:
    """Answers to the questions: what each kind holds, orders and trades; None: refused."""
    return [answer(one, balances, orders, trades) for one in wallet_questions(START)]


def answer(request: HttpRequest, balances: dict[int, Any], orders: Any, trades: Any) -> Any:
    what = request.purpose.removeprefix("wallet:")
    if what.isdigit():
        held = balances.get(int(what))
        return (
            reply(request, {"error": "no"}, 400)
            if held is None
            else reply(request, {"balance": str(held), "allowances": {}})
        )
    rows = orders if what == "orders" else trades
    return reply(request, "{}", 500) if rows is None else reply(request, page(rows))


@pytest.mark.parametrize(("kind", "wanted"), [(0, EOA), (1, PROXY), (2, SAFE), (3, DEPOSIT)])
def test_the_only_wallet_with_money_is_the_one(kind: int, wanted: Any) -> None:
    found = wallet_of(ADDRESS, OWNER, answers({0: 0, 1: 0, 2: 0, 3: 0} | {kind: 12_345_678}))
    assert (found.funder, found.is_sure, found.others) == (wanted, True, ())
    assert found.balance is not None
    assert "$12.34" in told(found)
    assert wanted.address in told(found)


def test_orders_prove_more_than_money() -> None:
    rows = [order_row(maker_address=SAFE.address.lower())]
    found = wallet_of(ADDRESS, OWNER, answers({3: 900_000_000, 2: 0}, rows, []))
    assert (found.funder, found.is_sure) == (SAFE, True)
    assert found.others == (DEPOSIT,)


def test_trades_prove_too_on_either_side_of_them() -> None:
    taken = trade_row(maker_address=FIRST_DEPOSIT.address)
    found = wallet_of(ADDRESS, OWNER, answers({}, [], [taken]))
    assert (found.funder, found.is_sure) == (FIRST_DEPOSIT, True)
    made = user_event("many_makers")
    made["maker_orders"][3]["maker_address"] = PROXY.address
    found = wallet_of(ADDRESS, OWNER, answers({}, [], [made]))
    assert found.funder == PROXY


def test_a_wallet_that_does_not_follow_from_the_key_is_asked_about() -> None:
    found = wallet_of(ADDRESS, OWNER, answers({}, [order_row(maker_address=FUNDER)]))
    assert (found.funder.address, found.funder.kind) == (FUNDER, SignatureType.DEPOSIT_WALLET)
    assert not found.is_sure


def test_of_several_with_money_the_richest_is_proposed_and_not_taken_for_sure() -> None:
    found = wallet_of(ADDRESS, OWNER, answers({0: 5_000_000, 1: 9_000_000, 2: 0, 3: 9_999}))
    assert (found.funder, found.is_sure) == (PROXY, False)
    assert found.others == (EOA,)


@pytest.mark.parametrize("balances", [{}, {0: 0, 1: 0, 2: 0, 3: 0}])
def test_with_nothing_anywhere_it_is_what_new_accounts_have(balances: dict[int, Any]) -> None:
    found = wallet_of(ADDRESS, OWNER, answers(balances))
    assert (found.funder, found.is_sure) == (DEPOSIT, False)
    assert "new accounts" in told(found)
