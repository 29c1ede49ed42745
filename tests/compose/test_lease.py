"""One live session per account on this computer, whatever store it was given (I18)."""

import pytest

from pmterm.compose.lease import trading_alone
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import Venue

ANN = {Venue.POLYMARKET: "0xAbC", Venue.KALSHI: "key-1"}


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.mark.parametrize(
    "second",
    [ANN, {Venue.KALSHI: "key-1"}, {Venue.POLYMARKET: "0xabc"}],
    ids=["both", "one of them", "written otherwise"],
)
def test_i18_a_second_session_on_an_account_is_refused_until_the_first_ends(second):
    with (
        trading_alone(ANN),
        pytest.raises(UsageWrong, match="another pmterm trades on this"),
        trading_alone(second),
    ):
        pass
    with trading_alone(second):
        pass


def test_i18_sessions_of_different_accounts_stand_side_by_side():
    with trading_alone(ANN), trading_alone({Venue.POLYMARKET: "0xdef", Venue.KALSHI: "key-2"}):
        pass


def test_i18_a_refused_session_holds_nothing():
    first = {Venue.KALSHI: "key-1"}
    other = {Venue.POLYMARKET: "0xdef", Venue.KALSHI: "key-1"}
    with trading_alone(first):
        with pytest.raises(UsageWrong), trading_alone(other):
            pass
        with trading_alone({Venue.POLYMARKET: "0xdef"}):
            pass
