"""Text from outside, made inert: no control, no direction change, no invisible sign survives."""

import re
import unicodedata

# C0, C1, DEL; zero-width and bidi signs; variation selectors; tags and regional indicators;
# line and paragraph separators; byte order mark; interlinear annotations; soft hyphen.
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001f1e6-\U0001f1ff\U000e0000-\U000e0fff]+"
)
_BLANKS = re.compile(r"\s+")
MAX_COMBINING = 2


def clean_text(text: str, limit: int = 200) -> str:
    """Return `text` as one line that is safe to show, log or name a thing by.

    Controls become blanks, invisible signs go, the rest is NFC, at most two combining marks stand
    on a letter, and at most `limit` characters remain, the last one `…` if any was cut.
    """
    head = text[: limit * 8]
    spaced = re.sub("[\t\r\n\v\f\x85\u2028\u2029]", " ", head)
    inert = unicodedata.normalize("NFC", _HOSTILE.sub("", spaced))
    kept: list[str] = []
    marks = 0
    for sign in inert:
        category = unicodedata.category(sign)
        if category in {"Cs", "Cc", "Co", "Cn"}:
            continue
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= MAX_COMBINING:
            kept.append(sign)
    line = _BLANKS.sub(" ", "".join(kept)).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def counted(n: int, one: str, more: str = "") -> str:
    """Write how many of something there are; `more` is the word for several if not `one` + s."""
    return f"{n:,} {one if n == 1 else more or one + 's'}"
