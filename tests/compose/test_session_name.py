from pmterm.compose.session import session_name
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.model.units import SECOND


def test_no_two_sessions_of_a_store_have_one_name():
    at = 1_790_000_000 * SECOND
    told = []
    for _ in range(3):
        told.append(SessionStarted(at, session_name(at, told), Mode.PAPER, "0", 0))
    assert [m.session for m in told] == ["paper-1790000000", "paper-1790000001", "paper-1790000002"]
