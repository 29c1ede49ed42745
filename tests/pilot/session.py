"""An app under a pilot, with its desk and its clock."""

from tests.pilot.fake_desk import FakeClock, FakeDesk

from pmterm.tui.app import TradingApp


class Session:
    """An app under a pilot, with its desk and its clock."""

    def __init__(self, desk=None, size=(120, 40), **options):
        self.desk = desk or FakeDesk()
        self.clock = FakeClock()
        self.app = TradingApp(self.desk, self.clock, **options)
        self._context = self.app.run_test(size=size)

    async def __aenter__(self):
        self.pilot = await self._context.__aenter__()
        await self.pilot.pause()
        self.clock.pass_ms(1000)
        return self

    async def __aexit__(self, *broken):
        await self._context.__aexit__(*broken)

    async def press(self, *keys, gap_ms=1000):
        for key in keys:
            await self.pilot.press(key)
            for _ in range(4):  # a button's answer takes several hops to the screen
                await self.pilot.pause()
            self.clock.pass_ms(gap_ms)

    async def until(self, is_so):
        for _ in range(300):
            if is_so():
                return
            await self.pilot.pause(0.02)
        raise AssertionError("never came to be so")

    @property
    def sent(self):
        return self.desk.sent

    @property
    def trading(self):
        return self.app._trading

    def words(self):
        return "\n".join(
            "".join(text for text, _ in row)
            for panel in self.app.screen.query("Lines")
            for row in getattr(panel, "_rows", [])
        )

    def rows(self):
        """Return the screen as text, row by row, as the terminal gets it."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    def shown(self):
        return "\n".join(self.rows())
