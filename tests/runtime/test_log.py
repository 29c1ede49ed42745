import json
import logging
import stat
import warnings

import pytest

from pmterm.model.errors import StoreBroken
from pmterm.runtime.log import FILE_BYTES, HIDDEN, Redactor, log_to

PEM = """-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEAcanaryline1
canary/line+two==
-----END RSA PRIVATE KEY-----
"""


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "pmterm.log"


@pytest.fixture
def log(path):
    redactor = Redactor()
    for secret in ("canary-key/1+2=", 'canary"quote', PEM):
        redactor.register(secret)
    with log_to(path, redactor, logging.DEBUG):
        yield logging.getLogger("pmterm.test")


def test_each_record_is_one_json_object_on_one_line(log, path):
    log.info('{"at": "forged"}\n{"level": "ERROR"}\r\x1b[2J\x9bm %s', "value\nwith break")
    log.warning("second")
    told = lines(path)
    assert len(told) == 2
    assert [line["level"] for line in told] == ["INFO", "WARNING"]
    assert told[0]["text"].startswith('{"at": "forged"}')
    assert told[0]["who"] == "pmterm.test"
    assert not set(path.read_text(encoding="utf-8")) & {"\x1b", "\x9b", "\r"}


@pytest.mark.parametrize(
    "text",
    [
        "key canary-key/1+2= in words",
        "https://x/?sig=canary-key%2F1%2B2%3D&y=1",
        f"whole {PEM} file",
        f"as json {json.dumps(PEM)}",
        json.dumps({"passphrase": 'canary"quote'}),
        "https://x/?k=canary%2Fline%2Btwo%3D%3D",
        "one line MIIEowIBAAKCAQEAcanaryline1 of it",
    ],
)
def test_a_registered_secret_never_appears(log, path, text):
    log.error("%s", text)
    try:
        {}[text]
    except KeyError:
        log.exception("failed with %s", text)
    logging.getLogger(text).error("as a name")
    log.error(text)
    written = path.read_text(encoding="utf-8")
    assert "canary" not in written
    assert HIDDEN in written


def test_a_trace_has_no_values_of_variables(log, path):
    def fail():
        hidden_local = "localvalue" + "123"
        raise RuntimeError(len(hidden_local))

    try:
        fail()
    except RuntimeError:
        log.exception("oops")
    [line] = lines(path)
    assert any("fail" in row for row in line["trace"])
    assert "localvalue123" not in path.read_text(encoding="utf-8")


def test_clients_that_log_headers_stay_at_warning_even_in_debug(log, path):
    for name in ("websockets.client", "aiohttp.access", "asyncio"):
        logging.getLogger(name).debug("> KALSHI-ACCESS-SIGNATURE: abc")
        logging.getLogger(name).info("GET /x")
    assert path.read_text(encoding="utf-8") == ""


def test_warnings_go_to_the_file_not_the_screen(log, path, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old thing", UserWarning, stacklevel=1)
    log.info("values %d do not fit", "x")
    assert capfd.readouterr() == ("", "")
    assert "old thing" in path.read_text(encoding="utf-8")


def test_only_the_owner_may_read_it_also_after_it_rotated(log, path):
    for _ in range(FILE_BYTES // 3500 + 2):
        log.info("%s", "x" * 3500)
    files = sorted(path.parent.iterdir())
    assert len(files) == 2
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]


def test_a_symlink_is_not_followed(tmp_path):
    target = tmp_path / "target"
    (tmp_path / "log").symlink_to(target)
    with (
        pytest.raises(StoreBroken, match="cannot be written"),
        log_to(tmp_path / "log", Redactor()),
    ):
        pass
    assert not target.exists()


def test_logging_is_as_before_afterwards(path):
    before = logging.getLogger().handlers[:]
    with log_to(path, Redactor()):
        assert logging.getLogger().handlers != before
    assert logging.getLogger().handlers == before
    assert logging.getLogger("websockets").level == logging.NOTSET
