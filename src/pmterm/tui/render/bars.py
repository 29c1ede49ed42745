"""Depth bars: a cell of text with a share of its ground coloured."""

from pmterm.tui.render.cells import fit


def bar_cell(
    text: str, width: int, share_ppm: int, style: str, *, right: bool
) -> list[tuple[str, str]]:
    """Return `text` in `width` cells, with the share next to the price on coloured ground.

    `right` puts text and bar at the right edge (the bid side); otherwise at the left.
    """
    filled = min((share_ppm * width + 999_999) // 1_000_000, width) if share_ppm > 0 else 0
    line = fit(f"{text} " if right else f" {text}", width, right=right)
    if right:
        split = width - filled
        parts = [(line[:split], style), (line[split:], f"{style}-bar")]
    else:
        parts = [(line[:filled], f"{style}-bar"), (line[filled:], style)]
    return [part for part in parts if part[0]]


def gauge(share_ppm: int, width: int) -> str:
    """Return a bar of `width` cells, filled by a share."""
    filled = min(max(share_ppm, 0) * width // 1_000_000, width)
    return "█" * filled + "░" * (width - filled)
