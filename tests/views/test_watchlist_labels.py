import msgspec
from tests.pilot.screen_build import MAP_TWO, market

from pmterm.model.ids import Venue
from pmterm.model.market import Outcome
from pmterm.views.watchlist import label_of


def test_sister_markets_of_one_question_are_told_apart_by_their_outcome():
    question = msgspec.structs.replace(market(MAP_TWO), venue=Venue.KALSHI, title="Who wins?")
    teams = [
        msgspec.structs.replace(question, outcomes=(Outcome(name), Outcome("No")))
        for name in ("T1", "VARREL")
    ]
    assert [label_of(team) for team in teams] == ["T1 · Who wins?", "VARREL · Who wins?"]


def test_a_yes_no_market_goes_by_its_title():
    plain = msgspec.structs.replace(market(MAP_TWO), outcomes=(Outcome("Yes"), Outcome("No")))
    assert label_of(plain) == plain.title


def test_a_title_that_begins_with_its_outcome_says_it_once():
    told = msgspec.structs.replace(
        market(MAP_TWO), title="T1 to win", outcomes=(Outcome("T1"), Outcome("No"))
    )
    assert label_of(told) == "T1 to win"
