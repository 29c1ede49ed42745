"""Records of strategies as told: where signals were seen, what is missing."""

from pmterm.compose.reviews import Shown, told
from pmterm.lab.cases import Past
from pmterm.lab.record_tables import record_table
from pmterm.messages.strategy import RecordKnown
from pmterm.views.standing import StrategyRow
from pmterm.views.strategy_words import record_text

BOTH = RecordKnown(5, "fade", 62, 45, 12_000, 3_000, 21_000, 0, 40)
FEW = RecordKnown(5, "fomo", 12, 9, 30_000, 10_000, 50_000, 0, 12)


def test_the_report_tells_where_signals_were_seen_and_what_is_missing():
    fade, fomo = record_table([BOTH, FEW], 50).rows
    assert fade[1] == "62 (40 backtest, 22 seen live)"
    assert fade[2].endswith("n 62")
    assert fade[3:] == ("+0.0120 [+0.0030, +0.0210] n 62", "nothing")
    assert fomo[2] == "not known (n 12 of 30)"
    assert fomo[-1] == "12 of 50 held-out signals"


def test_it_is_in_the_report_where_anything_is_known():
    shown = told([], Past([]), [], Shown((BOTH, FEW), 50))
    assert [table.title for table in shown.tables] == ["RECORDS: what strategies have shown"]
    assert [one["lacks"] for one in shown.facts["records"]] == ["", "12 of 50 held-out signals"]
    assert not told([], Past([]), [], Shown((RecordKnown(5, "fade", 0, 0, 0, 0, 0),), 50)).tables


def test_the_panel_tells_it_too():
    assert (
        "won 45 of n 62 (40 backtest, 22 seen live)"
        in StrategyRow("fade", record=BOTH).record_words
    )
    assert "n 12 of 30: 12 backtest, 0 seen live" in StrategyRow("fomo", record=FEW).record_words
    assert "(40 backtest, 22 seen live)" in record_text(BOTH)


def test_those_cut_short_are_told_wherever_the_record_is():
    live, kept = (RecordKnown(5, "fade", 62, 45, 1, 1, 1, 0, n, cut_short=9) for n in (0, 40))
    assert record_table([live], 50).rows[0][1] == "62 (9 cut short not counted)"
    seen = "40 backtest, 22 seen live, 9 cut short not counted"
    assert record_table([kept], 50).rows[0][1] == f"62 ({seen})"
    assert f"won 45 of n 62 ({seen})" in StrategyRow("fade", record=kept).record_words
    assert f"({seen})" in record_text(kept)
    (fact,) = told([], Past([]), [], Shown((kept,), 50)).facts["records"]
    assert (fact["held_out"], fact["cut_short"]) == (62, 9)
