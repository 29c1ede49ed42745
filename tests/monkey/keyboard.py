"""What a monkey does to a terminal: keys of the table and others, words, pastes, sizes, clicks."""

import random
import string

from textual import events
from textual.geometry import Size
from textual.keys import _character_to_key

from pmterm.tui.keys import TABLE, name_of

KEYS = tuple(key for row in TABLE for key in row.keys.split(","))
LEAVE = next(row.keys for row in TABLE if name_of(row) == "leave")
EVERYDAY = tuple(key for key in KEYS if key != LEAVE)
OTHERS = ("backspace", "delete", "ctrl+a", "ctrl+e", "ctrl+w", "ctrl+u", "ctrl+v", "ctrl+d",
          "pageup", "pagedown", "shift+left", "f10", "f12", "insert", "ctrl+j", "tab")  # fmt: skip
WORDS = ("arm", "live", "yes", "resume", "flatten", "close", "quit", "accept", "panic", "ARM",
         "no", "buy", "25", "5", "0.47", "45", "0", "-3", "1e9", "999999999999", "60", "0.0001",
         "nan", "٣", "evening", "KXTEST")  # fmt: skip
PASTES = ("b\nb\ns\nX\nclose\n", "arm\n", "yes\n", "\x1b\x1b\x1b", "a\narm\nbbbb", "flatten\n",
          "ctrl+k", "R\nresume\n", "l\n\n\n", "9" * 400,
          "é\u202e\u0000\x07", "l100\t0.99\n\n")  # fmt: skip
# What a person does on purpose: a monkey that never arms would prove little.
PHRASES = {
    "arm": ["a", *"arm", "enter"],
    "arm dear": ["a", "shift+tab", "backspace", "backspace", "backspace", "tab", *"arm", "enter"],
    "resume": ["R", *"resume", "enter"],
    "yes": [*"yes", "enter"],
    "y": ["y"],
    "limit": ["f1", "l", "enter"],
    "far limit": ["f1", "left_square_bracket", "left_square_bracket", "l", "enter"],
    "buy": ["escape", "b", "enter"],
    "buy small": ["1", "b", "enter"],
    "resting": ["1", "b", "left_square_bracket", "enter"],
    "sell": ["s", "enter"],
    "armed buy": ["1", "b"],
    "armed sell": ["1", "s"],
    "by size": ["b", "w", "enter"],
    "amend": ["f5", "home", "enter", "minus", "enter"],
    "move": ["f5", "home", "right_curly_bracket"],
    "resize": ["f5", "home", "less_than_sign"],
    "other market": ["f7", "down", "enter"],
    "first market": ["f7", "home", "enter"],
    "last market": ["f7", "end", "enter"],
    "cancel one": ["f5", "home", "d"],
    "close all": ["X", *"close", "enter"],
    "close": ["f1", "x"],
    "find": ["slash", *"even", "enter"],
    "panic": ["escape", "escape", "escape", "enter"],
    "flatten": ["ctrl+k", "ctrl+k", *"flatten", "enter"],
    "palette": ["ctrl+p", *"buy", "down", "enter"],
    "out": ["escape"],
    "accept": ["f4", "v", *"accept", "enter"],
}
OFTEN = ("arm", "arm", "resume", "yes", "yes", "limit", "buy small", "resting", "resting", "out",
         "out", "first market", "last market", "armed buy", "armed sell")  # fmt: skip
CALM_S = 0.35  # so far apart that each key is taken for one that was meant


def key_event(key: str) -> events.Key:
    """Return the event a terminal makes of a key, given as a name or a character."""
    if len(key) == 1:
        return events.Key(key if key.isalnum() else _character_to_key(key), key)
    characters = {"enter": "\r", "tab": "\t", "escape": "\x1b", "space": " "}
    return events.Key(key, characters.get(key))


def press(app, key: str) -> None:
    """Press a key as a terminal's driver does: it acts when its turn comes."""
    event = key_event(key)
    event.set_sender(app)
    app._driver.send_message(event)


def paste(app, text: str) -> None:
    """Paste in brackets, as a terminal does that was asked to."""
    event = events.Paste(text)
    event.set_sender(app)
    app._driver.send_message(event)


def resize(app, width: int, height: int) -> None:
    size = Size(width, height)
    app._driver._size = size
    app.post_message(events.Resize(size, size))


def click(app, x: int, y: int) -> None:
    for kind in (events.MouseDown, events.MouseUp):
        app._driver.send_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))


def scroll(app, x: int, y: int) -> None:
    event = events.MouseScrollDown(None, x, y, 0, 0, 0, False, False, False, x, y)
    app._driver.send_message(event)


def any_key(chance: random.Random) -> str:
    """Return a key by chance: most of them mean something somewhere."""
    draw = chance.random()
    if draw < 0.55:
        return chance.choice(EVERYDAY)
    if draw < 0.75:
        return chance.choice(("enter", "escape", "enter", "y", "n", "tab", "up", "down"))
    if draw < 0.92:
        return chance.choice(string.printable[:95])
    return chance.choice(OTHERS)
