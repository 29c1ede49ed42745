"""The command palette: every key's action by its words."""

from functools import partial

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.worker import Worker

from pmterm.tui.keys import TABLE, Key, name_of
from pmterm.tui.render.behind import behind
from pmterm.tui.render.look import Look
from pmterm.tui.widgets.banner import Banner, frame
from pmterm.views.board import Board

_LEFT_OUT = frozenset({"move", "edge", "pick", "back", "palette", "panel", "explain_quit"})


class KeyCommands(Provider):
    """Offers what the keys do, once; names the key, so that it is learnt."""

    _has_run = False

    def _commands(self) -> list[Key]:
        return [key for key in TABLE if name_of(key) not in _LEFT_OUT]

    async def _run(self, key: Key) -> None:
        if self._has_run:  # an enter more, while the palette was closing
            return
        self._has_run = True
        await self.app.run_action(key.action, self.screen)

    async def discover(self) -> Hits:
        """Offer everything."""
        for key in self._commands():
            yield DiscoveryHit(key.words, lambda key=key: self._run(key), help=key.label)

    async def search(self, query: str) -> Hits:
        """Offer what matches."""
        matcher = self.matcher(query)
        for key in self._commands():
            score = matcher.match(key.words)
            if score > 0:
                words = matcher.highlight(key.words)
                yield Hit(score, words, lambda key=key: self._run(key), help=key.label)


class Palette(CommandPalette):
    """Textual's palette, under the bar of a live session."""

    def __init__(self, board: Board, look: Look) -> None:
        super().__init__()  # without an id: one that is closing may still be there
        self._board = board
        self._look = look

    def render(self) -> RenderableType:
        """Draw what is below."""
        return behind(self)

    def compose(self) -> ComposeResult:
        """Lay out the bar, then the palette."""
        yield Banner()
        yield from super().compose()

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close once: Textual (8.2) fails when a second escape comes while it is closing."""
        if self.app.screen is self:
            return super().dismiss(result)
        done: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]  # their gap
        return done

    def _action_command_list(self, action: str) -> None:
        """Page through the list if it has a place on the screen: without one Textual (8.2) fails.

        It raises KeyError for a list that is hidden, or has no room.
        """
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)

    def _gather_commands(self, search_value: str) -> Worker[None]:
        """Search while there is a list to show it in.

        Textual (8.2) fails on a letter that was typed before the session ended, and comes after.
        """
        return self.run_worker(
            partial(self._gather, search_value), group=self._GATHER_COMMANDS_GROUP, exclusive=True
        )

    async def _gather(self, search_value: str) -> None:
        if self.query(CommandList):
            search = super()._gather_commands.__wrapped__  # type: ignore[attr-defined]  # bare, no worker
            await search(self, search_value)

    def on_mount(self) -> None:
        """Show the bar from the first picture on."""
        frame(self, self._board, self._look)
