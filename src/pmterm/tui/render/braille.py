"""A line chart of dots: each cell of text holds two columns of four dots."""

from collections.abc import Sequence

EMPTY = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def draw(spans: Sequence[tuple[int, int] | None], height: int, *, ascii_only: bool) -> list[str]:
    """Draw one vertical stroke per dot column; rows of text from the top.

    A span is (lowest, highest) in dots from the bottom, 0 to 4 * height - 1; None leaves a hole.
    """
    width = (len(spans) + 1) // 2
    cells = [[0] * width for _ in range(height)]
    top = 4 * height - 1
    for column, span in enumerate(spans):
        if span is None:
            continue
        dots = _DOTS[column % 2]
        for level in range(max(span[0], 0), min(span[1], top) + 1):
            down = top - level
            cells[down // 4][column // 2] |= dots[down % 4]
    if ascii_only:
        return ["".join(_sign(cell) for cell in row) for row in cells]
    return ["".join(chr(EMPTY + cell) if cell else " " for cell in row) for row in cells]


def _sign(cell: int) -> str:
    """Return the ASCII sign nearest to a cell of dots."""
    if not cell:
        return " "
    high, low = cell & 0b00011011, cell & 0b11100100
    return ":" if high and low else "'" if high else "."


def joined(spans: Sequence[tuple[int, int] | None]) -> list[tuple[int, int] | None]:
    """Stretch each span until it touches the one before, so that a jump is a stroke."""
    lines: list[tuple[int, int] | None] = []
    before: tuple[int, int] | None = None
    for span in spans:
        if span is not None and before is not None:
            low = min(span[0], before[1] + 1)
            high = max(span[1], before[0] - 1)
            lines.append((min(low, span[0]), max(high, span[1])))
        else:
            lines.append(span)
        before = span
    return lines
