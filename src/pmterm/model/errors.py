"""Every error pmterm raises. Each says what happened, what it means, and what to do."""


class PmtermError(Exception):
    """An error with words for the person at the keyboard."""

    title = "Something went wrong"
    exit_code = 1

    def __init__(self, detail: str = "", hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        """All of it on one line: title, detail, hint."""
        is_open = self.hint and self.detail and self.detail[-1] not in ".!?:;"
        detail = f"{self.detail}." if is_open else self.detail
        return " ".join(part for part in (f"{self.title}:", detail, self.hint) if part)


class UsageWrong(PmtermError):
    """What was typed cannot be done."""

    title = "That cannot be done"
    exit_code = 2


class SettingsWrong(PmtermError):
    """A configuration file or environment variable is wrong."""

    title = "Settings"
    exit_code = 2


class CredentialsWrong(PmtermError):
    """A key is missing, unreadable or refused."""

    title = "Key"
    exit_code = 3


class VenueRefused(PmtermError):
    """A venue, or our own gate, said no."""

    title = "Refused"
    exit_code = 4

    def __init__(
        self, detail: str = "", hint: str = "", *, status: int = 0, retry_after_s: float = 0.0
    ) -> None:
        super().__init__(detail, hint)
        self.status = status
        self.retry_after_s = retry_after_s


class TransportLost(PmtermError):
    """The network failed; it may heal."""

    title = "Network"
    exit_code = 5


class MarketUnknown(PmtermError):
    """No venue knows that market."""

    title = "Market not found"
    exit_code = 6


class WireSurprise(PmtermError):
    """A venue said something that does not fit what we know of it."""

    title = "Unexpected data"
    exit_code = 6


class RecordingBroken(PmtermError):
    """A recording cannot be read."""

    title = "Recording"
    exit_code = 6


class StoreBroken(PmtermError):
    """The store cannot be read or written."""

    title = "Store"
    exit_code = 6


class Impossible(PmtermError):
    """A bug: stop."""

    title = "Bug in pmterm"
