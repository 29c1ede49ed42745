import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.model.text import clean_text, counted

HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "\x1b]52;c;ZXZpbA==\x07copied",
    "\x9b31mred",
    "\x1bP$q\x1b\\dcs",
    "a\u202eb\u2066c",
    "zero\u200bwidth\u200d",
    "flag\U0001f1e9\U0001f1ea",
    "tag\U000e0041",
    "line\nbreak\r\ttab",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_control_or_invisible_sign_survives(text):
    assert all(unicodedata.category(c) not in {"Cc", "Cf"} for c in clean_text(text))


@given(st.text(max_size=500))
def test_any_text_becomes_one_short_inert_line_and_stays_so(text):
    clean = clean_text(text)
    assert len(clean) <= 200
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in clean)
    assert clean_text(clean) == clean


def test_markup_is_kept_as_plain_characters():
    assert clean_text("[bold]T1[/] [@click=quit]x") == "[bold]T1[/] [@click=quit]x"


def test_a_pile_of_combining_marks_is_cut():
    assert len(clean_text("a" + "\u0301" * 50)) <= 3


def test_long_text_ends_in_an_ellipsis():
    assert clean_text("x" * 4096, limit=20) == "x" * 19 + "…"


def test_a_line_break_becomes_a_blank():
    assert clean_text("T1\nvs\r\nVAR") == "T1 vs VAR"


def test_one_is_told_as_one():
    assert counted(1, "recording") == "1 recording"
    assert counted(0, "recording") == "0 recordings"
    assert counted(1_200, "order") == "1,200 orders"
    assert (counted(1, "loss", "losses"), counted(2, "loss", "losses")) == ("1 loss", "2 losses")
