"""Network failures in plain words: which of the many ways of hearing nothing it was."""

import errno
import socket
import ssl

from pmterm.model.text import clean_text

_REFUSED = "nothing listens there, or a firewall turned it away"
_CUT = "the connection was cut"
_BY_NUMBER = {
    errno.ECONNREFUSED: f"connection refused: {_REFUSED}",
    errno.ECONNRESET: _CUT,
    errno.EPIPE: _CUT,
    errno.ECONNABORTED: _CUT,
    errno.ENETUNREACH: "this computer has no network",
    errno.ENETDOWN: "this computer has no network",
    errno.EHOSTUNREACH: "no way to the host from this network",
    errno.ETIMEDOUT: "no answer in time",
    errno.EMFILE: "too many open files and connections on this computer",
}


def words_for(error: BaseException) -> str:
    """Return why nothing came, looking through the wrappers that client libraries put around."""
    for cause in _causes(error):
        words = _words_of_one(cause)
        if words:
            return words
    return clean_text(f"{type(error).__name__}: {error}", 160)


def _words_of_one(error: BaseException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            told = clean_text(getattr(error, "verify_message", "") or str(error), 120)
            return f"its certificate does not prove who it is ({told}); nothing was sent"
        case ssl.SSLError():
            told = clean_text(getattr(error, "reason", "") or str(error), 120)
            return f"no secure connection could be made ({told})"
        case socket.gaierror():
            return "its name was not found (DNS); is the network up and the address right?"
        case TimeoutError():
            return "no answer in time"
        case OSError(errno=int() as number) if number in _BY_NUMBER:
            return _BY_NUMBER[number]
        case OSError() if f"[Errno {errno.ECONNREFUSED}]" in str(error):
            return _BY_NUMBER[errno.ECONNREFUSED]  # several addresses tried, told as one text
        case ConnectionError() | EOFError():
            return _CUT
        case _:
            return ""


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and what lies beneath it, deepest first."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        inner = getattr(current, "certificate_error", None) or getattr(current, "os_error", None)
        current = inner or current.__cause__ or current.__context__
    return chain[::-1]
