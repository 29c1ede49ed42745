"""However a change is told, for one token or both, the merged book ends the same."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.venues.polymarket.build import CONDITION, NO, YES, book, change, frame, opened_feed, row

from pmterm.messages.feed import BookSnapshot, LevelSet
from pmterm.model.order import Side

TELLINGS = ("first", "second", "both", "both, second first")
a_change = st.tuples(
    st.sampled_from(("BUY", "SELL")),
    st.integers(1, 99),
    st.integers(0, 3),
    st.sampled_from(TELLINGS),
)
a_frame = st.lists(a_change, min_size=1, max_size=4, unique_by=lambda told: told[:2])


def rows_of(side: str, cents: int, size: int, telling: str) -> list[dict[str, str]]:
    other = {"BUY": "SELL", "SELL": "BUY"}[side]
    first = row(YES, side, f"0.{cents:02}", str(size))
    second = row(NO, other, f"0.{100 - cents:02}", str(size))
    rows = {"first": [first], "second": [second], "both": [first, second]}
    return rows.get(telling, [second, first])


@settings(max_examples=200, deadline=None)
@given(st.lists(a_frame, max_size=8))
def test_the_merged_book_is_what_the_changes_say(frames):
    feed = opened_feed()
    expected: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    built: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    told = 0
    for changes in frames:
        rows = [
            r for side, cents, size, telling in changes for r in rows_of(side, cents, size, telling)
        ]
        said = feed.receive(frame(change(*rows)))
        told += len(said)
        for side, cents, size, _ in changes:
            expected[Side(side.lower())][cents * 100] = size * 1_000_000
        for message in said:
            assert isinstance(message, LevelSet)
            assert message.market == CONDITION
            built[message.side][message.price] = message.qty
    assert built == expected
    assert told == sum(len(changes) for changes in frames)


levels = st.dictionaries(st.integers(1, 99), st.integers(1, 9), max_size=5)


@settings(max_examples=100, deadline=None)
@given(levels, levels, st.permutations(["first", "second"]), st.booleans())
def test_a_book_is_the_same_from_either_token_and_said_once(bids, asks, order, in_one_frame):
    words = {
        "first": book(
            YES,
            [(f"0.{c:02}", str(q)) for c, q in sorted(bids.items())],
            [(f"0.{c:02}", str(q)) for c, q in sorted(asks.items(), reverse=True)],
        ),
        "second": book(
            NO,
            [(f"0.{100 - c:02}", str(q)) for c, q in sorted(asks.items(), reverse=True)],
            [(f"0.{100 - c:02}", str(q)) for c, q in sorted(bids.items())],
        ),
    }
    feed = opened_feed()
    told = [words[name] for name in order]
    said = [m for text in ([told] if in_one_frame else told) for m in feed.receive(frame(text))]
    [snapshot] = said
    assert isinstance(snapshot, BookSnapshot)
    assert dict(snapshot.bids) == {c * 100: q * 1_000_000 for c, q in bids.items()}
    assert dict(snapshot.asks) == {c * 100: q * 1_000_000 for c, q in asks.items()}
