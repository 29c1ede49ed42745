"""Setting an account up: its API key, and whether it may trade."""

from typing import Any

import pytest
from tests.venues.polymarket.account_build import (
    OWNER,
    START,
    reply,
)

from pmterm.model.errors import CredentialsWrong, TransportLost, VenueRefused
from pmterm.venues.polymarket.account import (
    ask_closed_only,
    ask_key,
    ask_refresh,
    read_closed_only,
    read_key,
)
from pmterm.venues.polymarket.signing import SignatureType

WORDS = {
    "apiKey": OWNER,
    "secret": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "passphrase": "p",
}


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
