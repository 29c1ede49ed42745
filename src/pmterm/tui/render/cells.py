"""Text cut and filled to cells, and the plain signs that stand in for the fancy ones."""

from rich.cells import cell_len, set_cell_size

_PLAIN = str.maketrans(
    {
        "─": "-", "━": "=", "│": "|", "┃": "|", "▶": ">", "▲": "^", "▼": "v",
        "●": "*", "○": "o", "◐": "!", "◆": "#", "·": ".", "…": "~", "█": "#", "▌": "#",
        "░": ".", "✓": "+", "≈": "~", "→": ">", "┄": ".",
        "—": "-", "♥": "+", "≤": "<",
    }
)  # fmt: skip


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells, cut with an ellipsis if it is longer."""
    if width <= 0:
        return ""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    blank = " " * (width - length)
    return blank + text if right else text + blank


def elide(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells, cut in the middle: names often differ at the end."""
    if cell_len(text) <= width or width < 8:
        return fit(text, width)
    head = (width - 1) // 3
    tail = text[-(width - 1 - head) :]
    while cell_len(tail) > width - 1 - head:
        tail = tail[1:]
    return fit(set_cell_size(text, head) + "…" + tail, width)


def inert(text: str) -> str:
    """Return `text` with a `?` for every sign that could steer a terminal.

    Text from outside is cleaned where it comes in; this is the second wall, at the screen.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def plain(text: str) -> str:
    """Return `text` in ASCII, every sign as wide as before."""
    if text.isascii():
        return text
    swapped = text.translate(_PLAIN)
    return "".join(sign if sign.isascii() else "?" * cell_len(sign) for sign in swapped)
