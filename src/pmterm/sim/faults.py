"""What a test can make go wrong, per venue. Nothing is wrong until somebody says so."""

import msgspec

from pmterm.model.ids import Venue

EDGE_PAGE = (
    "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head>"
    "<body><h1>Sorry, you have been blocked</h1></body></html>"
)


class Faults(msgspec.Struct):
    """Switches of one venue's data.

    `drop_frames` and `repeat_frames` count down, one per frame of each client (a dropped Kalshi
    frame has used its `seq`); so does `swap_frames`, whose frames come after the one that follows.
    While `is_stalled` data is lost but pings are answered; while `is_held` it waits and comes in
    one burst. `blocks_rest` answers REST with the edge's HTML and 403; `rest_status` other than 0
    with that status and `rest_body`. `title` replaces every title.
    """

    drop_frames: int = 0
    repeat_frames: int = 0
    swap_frames: int = 0
    is_stalled: bool = False
    is_held: bool = False
    blocks_rest: bool = False
    blocks_stream: bool = False
    rest_status: int = 0
    rest_body: str = ""
    title: str = ""

    def copies(self) -> int:
        """Return how often the next frame is to be sent: 0, 1 or 2."""
        if self.is_stalled:
            return 0
        if self.drop_frames > 0:
            self.drop_frames -= 1
            return 0
        if self.repeat_frames > 0:
            self.repeat_frames -= 1
            return 2
        return 1

    def swaps(self) -> bool:
        """Tell whether the next frame is to change places with the one after it."""
        if self.swap_frames > 0:
            self.swap_frames -= 1
            return True
        return False


def no_faults() -> dict[Venue, Faults]:
    """Return switches for both venues, all off."""
    return {venue: Faults() for venue in Venue}
