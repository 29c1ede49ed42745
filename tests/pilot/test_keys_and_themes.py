from collections import Counter

import pytest
from textual.color import Color

from pmterm.model.errors import SettingsWrong
from pmterm.tui.keys import TABLE, bindings, footer_keys, name_of
from pmterm.tui.render.paints import PAINTS, colors_of
from pmterm.tui.screens.trading import TradingScreen
from pmterm.tui.theme import load_themes, read_theme


def test_no_key_has_two_meanings():
    keys = Counter(key for entry in TABLE for key in entry.keys.split(","))
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_key_has_an_action_and_words():
    from pmterm.tui.app import TradingApp

    for key in TABLE:
        name = name_of(key).removeprefix("app.")
        owners = (TradingScreen, TradingApp)
        assert any(hasattr(owner, f"action_{name}") for owner in owners), key
        assert key.words


def test_every_key_is_bound_once():
    bound = [b.key for anywhere in (True, False) for b in bindings(anywhere=anywhere)]
    assert sorted(bound) == sorted(key.keys for key in TABLE)


def test_footer_always_names_help_and_kill():
    for panel in ("book", "chart", "orders"):
        labels = [label for label, _ in footer_keys(panel, is_replay=False)]
        assert {"?", "^k", "/"} <= set(labels)
    assert "p" in [label for label, _ in footer_keys("book", is_replay=True)]


def _contrast(one, other):
    first, second = (0.05 + _light(color) for color in (one, other))
    return max(first, second) / min(first, second)


def _light(color):
    parts = [channel / 255 for channel in Color.parse(color).rgb]
    red, green, blue = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


THEMES = load_themes()


@pytest.mark.parametrize("name", THEMES)
def test_all_text_of_a_theme_can_be_read(name):
    colors = colors_of(THEMES[name])
    low = []
    for paint_name, paint in PAINTS.items():
        if not paint.color or paint_name == "rule":
            continue  # a rule is no text
        grounds = [paint.ground] if paint.ground else ["background", "panel", "cursor"]
        for ground in grounds:
            contrast = _contrast(colors[paint.color], colors[ground])
            if contrast < 4.5:
                low.append((paint_name, ground, round(contrast, 2)))
    assert low == []


def test_three_themes_dark_first():
    assert list(THEMES) == ["dark", "classic", "light"]
    assert not THEMES["light"].dark


def test_theme_that_lacks_a_colour_is_refused(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\n[colors]\nprimary = "#123456"\n', encoding="utf-8")
    with pytest.raises(SettingsWrong, match="lacks the colour 'secondary'"):
        read_theme(file)
    file.write_text('name = "mine', encoding="utf-8")
    with pytest.raises(SettingsWrong, match="does not read"):
        read_theme(file)
