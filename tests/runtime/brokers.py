from pmterm.runtime.engine import NEVER


class Quiet:
    """A broker to begin others from: it answers nothing. NoBroker may be compiled."""

    def hears(self):
        return {}

    def recalls(self):
        return {}

    def followed(self):
        return ()

    def next_due(self):
        return NEVER

    def wake(self, at):
        return ()
