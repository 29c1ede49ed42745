"""Every key and what it does, in one table: bindings, footer, help and palette are made from it."""

from collections.abc import Iterable
from typing import NamedTuple

from textual.binding import Binding


class Key(NamedTuple):
    """One key. `short` stands in the footer of the panels named in `where` ("*": all)."""

    keys: str
    action: str
    scope: str
    words: str
    short: str = ""
    where: str = ""
    shown: str = ""

    @property
    def label(self) -> str:
        """The key as it is written for people."""
        return self.shown or self.keys.split(",")[0]


TRADE, MOVE, SCREEN, SAFETY, REPLAY = "Trade", "Move", "Screen", "Safety", "Replay"

TABLE: tuple[Key, ...] = (
    Key("b", "buy", TRADE, "buy ticket at the best ask; when armed: buys at once", "buy", "*"),
    Key("s", "sell", TRADE, "sell ticket at the best bid; when armed: sells at once", "sell", "*"),
    Key("l", "limit", TRADE, "limit ticket at the row pointed at; on an own order: amend",
        "limit", "*"),
    Key("c", "cancel_here", TRADE, "cancel my orders in this market", "cancel", "*"),
    Key("C", "cancel_all", TRADE, "cancel my orders everywhere"),
    Key("x", "close_here", TRADE, "close the position in this market, at market", "close", "*"),
    Key("X", "close_all", TRADE, "close every position (asks for a word)"),
    Key("a", "arm", TRADE,
        "arm or disarm one-key orders; live: arm all orders of this market (asks for a word)",
        "arm", "book"),
    Key("d,delete", "cancel_one", TRADE,
        "cancel the order pointed at, also one made elsewhere; take away the exit pointed at",
        "cancel one", "orders"),
    Key("right_curly_bracket", "shift_order(1)", TRADE,
        "move the order or exit pointed at one price tick higher", "move", "orders", shown="}"),
    Key("left_curly_bracket", "shift_order(-1)", TRADE,
        "move the order or exit pointed at one price tick lower", shown="{"),
    Key("e", "exits", TRADE,
        "exits of the position here: target, stop, trail, time, event, thesis",
        "exits", "book positions"),
    Key("o", "next_exit", TRADE, "point at the next exit in the book, to move it or take it away"),
    Key("i", "take", TRADE, "do what a strategy suggests, at prices as they are now"),
    Key("h", "happened", TRADE, "say what happened in the game: closes what waits for it"),
    Key("greater_than_sign", "resize_order(1)", TRADE,
        "make the order pointed at one size step larger", shown=">"),
    Key("less_than_sign", "resize_order(-1)", TRADE,
        "make the order pointed at one size step smaller", shown="<"),
    Key("v", "accept_venue", TRADE,
        "accept the venue's word for a holding that differs from ours (asks for a word)",
        "accept", "positions"),
    Key("1", "preset(1)", TRADE, "first size preset"),
    Key("2", "preset(2)", TRADE, "second size preset"),
    Key("3", "preset(3)", TRADE, "third size preset"),
    Key("4", "preset(4)", TRADE, "fourth size preset"),
    Key("5", "preset(5)", TRADE, "fifth size preset"),
    Key("0", "preset(0)", TRADE, "the size that makes the position flat"),
    Key("plus,equals_sign", "size(1)", TRADE, "one size step more", shown="+"),
    Key("minus", "size(-1)", TRADE, "one size step less", shown="-"),
    Key("right_square_bracket", "tick(1)", TRADE, "point one price tick higher", shown="]"),
    Key("left_square_bracket", "tick(-1)", TRADE, "point one price tick lower", shown="["),
    Key("up,k", "move(-1)", MOVE, "up", shown="up k"),
    Key("down,j", "move(1)", MOVE, "down", shown="down j"),
    Key("home", "edge(-1)", MOVE, "first row"),
    Key("end", "edge(1)", MOVE, "last row"),
    Key("enter", "pick", MOVE, "act on the row: limit ticket, signal's ticket, amend, go to market",
        "pick", "book signals orders markets", shown="enter"),
    Key("tab", "panel(1)", MOVE, "next panel", "panel", "*"),
    Key("shift+tab", "panel(-1)", MOVE, "panel before"),
    Key("f1", "go('book')", MOVE, "book", shown="F1"),
    Key("f2", "go('chart')", MOVE, "chart", shown="F2"),
    Key("f3", "go('signals')", MOVE, "signals", shown="F3"),
    Key("f4", "go('positions')", MOVE, "positions", shown="F4"),
    Key("f5", "go('orders')", MOVE, "orders", shown="F5"),
    Key("f6", "go('tape')", MOVE, "tape", shown="F6"),
    Key("f7", "go('markets')", MOVE, "watched markets", shown="F7"),
    Key("f8", "go('health')", MOVE, "limits and health", shown="F8"),
    Key("f9", "go('log')", MOVE, "log", shown="F9"),
    Key("f10", "app.backtest", SCREEN,
        "backtest screen, and back; what runs there goes on, in a process of its own",
        shown="F10"),
    Key("w", "strategies", SCREEN, "what strategies may do, and what they have shown"),
    Key("slash", "find", SCREEN, "find a market", "find", "*", shown="/"),
    Key("space", "recentre", SCREEN, "put the middle of the book in the middle", "centre", "book"),
    Key("f", "freeze", SCREEN, "freeze the picture; the feed goes on"),
    Key("m", "solo", SCREEN, "one panel over the whole screen, and back", "max", "chart log"),
    Key("y", "copy", SCREEN, "copy the id of the row or market", "copy", "orders markets"),
    Key("u", "units", SCREEN, "cents, dollars, percent"),
    Key("t", "app.theme", SCREEN, "next theme"),
    Key("question_mark", "help", SCREEN, "all keys", "help", "*", shown="?"),
    Key("escape", "back", SAFETY,
        "back; with nothing open the PANIC strip, and a second esc or enter within 3 s cancels and"
        " closes everything", shown="esc"),
    Key("L", "limits", SAFETY, "change the risk limits; raising one asks for a word", "limits",
        "health"),
    Key("R", "resume", SAFETY, "let orders through again after a halt (asks for a word)"),
    Key("ctrl+k", "kill", SAFETY,
        "kill switch: no new order, cancel what works; again: offers to close everything",
        "KILL", "*", shown="^k"),
    Key("ctrl+p", "palette", SCREEN, "all commands by name", shown="^p"),
    Key("ctrl+q", "leave", SAFETY, "quit; asks while orders are open", "quit", "*", shown="^q"),
    Key("ctrl+z", "suspend", SAFETY,
        "stop and give the shell back; says first what that means for orders", shown="^z"),
    Key("ctrl+c", "explain_quit", SAFETY, "says how to quit", shown="^c"),
    Key("p", "player('pause')", REPLAY, "pause or go on", "pause", "replay"),
    Key("full_stop", "player('faster')", REPLAY, "faster", "faster", "replay", shown="."),
    Key("comma", "player('slower')", REPLAY, "slower", "slower", "replay", shown=","),
    Key("n", "player('step')", REPLAY, "one input further, while paused", "step", "replay"),
    Key("left", "seek(-30)", REPLAY, "30 s back", "-30s", "replay", shown="left"),
    Key("right", "seek(30)", REPLAY, "30 s on", "+30s", "replay", shown="right"),
)  # fmt: skip

BENCH_SCOPE = "Backtest"
# The backtest screen trades nothing; what its keys share with the trade screen means the same.
BENCH: tuple[Key, ...] = (
    Key("r", "run", BENCH_SCOPE, "play what is chosen", "run"),
    Key("space", "choose", BENCH_SCOPE, "choose the row pointed at, or no more", "choose"),
    Key("A", "choose_all", BENCH_SCOPE, "choose all recordings, or none"),
    Key("p", "parameters", BENCH_SCOPE, "type parameters: name=value name=value", "set"),
    Key("K", "keep", BENCH_SCOPE,
        "count what was played in the records of strategies (pressed twice)", "keep"),
    Key("enter", "pick", BENCH_SCOPE,
        "on a trade: look at it in the replay, ten seconds before; else choose the row",
        "replay", shown="enter"),
    Key("escape", "stop", BENCH_SCOPE, "back, or stop what runs: what was found stays", "stop",
        shown="esc"),
    Key("tab", "panel(1)", BENCH_SCOPE, "next part", shown="tab"),
    Key("shift+tab", "panel(-1)", BENCH_SCOPE, "part before"),
    Key("u", "units", BENCH_SCOPE, "cents, dollars, percent"),
    Key("t", "app.theme", BENCH_SCOPE, "next theme"),
    Key("question_mark", "help", BENCH_SCOPE, "all keys", "help", shown="?"),
)  # fmt: skip
BENCH_ANYWHERE: tuple[Key, ...] = (
    Key("ctrl+q", "leave", BENCH_SCOPE, "quit; what runs is ended", "quit", shown="^q"),
    Key("ctrl+c", "explain_quit", BENCH_SCOPE, "says how to quit", shown="^c"),
)
# Over a running session it is left for the market, and the session's safety keys work there, too.
_BESIDE = {
    "pick": ("on a trade: copy the command that shows it in another terminal; else choose", "copy"),
    "stop": ("stop what runs: what was found stays; else back to the market", "back"),
}
BENCH_BESIDE: tuple[Key, ...] = (
    *(
        key._replace(words=_BESIDE[key.action][0], short=_BESIDE[key.action][1])
        if key.action in _BESIDE
        else key
        for key in BENCH
    ),
    Key("f10", "back", BENCH_SCOPE, "back to the market; what runs goes on", shown="F10"),
    *(key for key in TABLE if key.action in {"kill", "leave"}),
)

ANYWHERE = frozenset(
    {"kill", "palette", "leave", "suspend", "explain_quit"}
)  # work in every dialog


_FIRST = ("buy", "sell", "limit", "cancel_here", "kill", "help", "find")


def name_of(key: Key) -> str:
    """Return the action's name without its arguments."""
    return key.action.split("(")[0]


def bindings(*, anywhere: bool) -> list[Binding]:
    """Return Textual's bindings: those that work everywhere, or those of the trade screen."""
    return [
        Binding(key.keys, key.action, key.words, show=False, priority=anywhere)
        for key in TABLE
        if (name_of(key) in ANYWHERE) is anywhere
    ]


def bindings_of(keys: Iterable[Key], *, is_first: bool = False) -> list[Binding]:
    """Return Textual's bindings of some keys; `is_first`: whatever has the focus."""
    return [Binding(k.keys, k.action, k.words, show=False, priority=is_first) for k in keys]


def footer_keys(panel: str, *, is_replay: bool) -> list[tuple[str, str]]:
    """Return (key, word) pairs for the footer of a panel, its own keys first."""
    own = [k for k in TABLE if panel in k.where.split()]
    player = [k for k in TABLE if is_replay and "replay" in k.where.split()]
    shared = [k for k in TABLE if k.where == "*"]
    first = sorted(
        (k for k in shared if name_of(k) in _FIRST), key=lambda k: _FIRST.index(name_of(k))
    )
    rest = [k for k in shared if k not in first]
    return [(k.label, k.short) for k in [*first, *player, *own, *rest]]


def scopes() -> list[tuple[str, list[Key]]]:
    """Return the table by scope, in the order of the help page."""
    order = (TRADE, SAFETY, MOVE, SCREEN, REPLAY)
    return [(scope, [key for key in TABLE if key.scope == scope]) for scope in order]
