import errno
import socket
import ssl

import pytest

from pmterm.net.words import words_for


def certificate_error():
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (socket.gaierror(-2, "Name or service not known"), "DNS"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "refused"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), "refused"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "cut"),
        (TimeoutError(), "in time"),
        (OSError(errno.ENETUNREACH, "x"), "no network"),
        (certificate_error(), "self-signed certificate"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "secure connection"),
    ],
)
def test_each_way_of_hearing_nothing_has_its_own_words(error, word):
    assert word in words_for(error)


def test_the_reason_is_found_under_a_wrapper():
    wrapper = RuntimeError("client library says")
    wrapper.__cause__ = socket.gaierror(-2, "x")
    assert "DNS" in words_for(wrapper)


def test_an_unknown_error_keeps_its_own_words_made_inert():
    assert words_for(RuntimeError("odd\x1b[31m thing")) == "RuntimeError: odd[31m thing"
