"""The hunt finds a secret in whatever dress; else its silence would mean nothing."""

import base64
import json
import sqlite3

import pytest
import zstandard
from tests.canary.hunt import Hunt

KEY = "0xca11ab1e" + "5e" * 28
LINES = "MIIEcanaryline0001\nMIIEcanaryline0002"
PEM = f"-----BEGIN PRIVATE KEY-----\n{LINES}\n-----END PRIVATE KEY-----\n"
PHRASE = 'five "canary" words\\here'
SECRET = base64.urlsafe_b64encode(b"canary of thirty-two bytes here!").decode()


def hunt():
    return Hunt(key=KEY, pem=PEM, phrase=PHRASE, secret=SECRET)


DRESSED = {
    "as it is": KEY,
    "without 0x": KEY[2:].upper(),
    "bytes": bytes.fromhex(KEY[2:]),
    "base64 of bytes": base64.b64encode(bytes.fromhex(KEY[2:])),
    "one line of a key": "xx MIIEcanaryline0002 xx",
    "JSON": json.dumps({"phrase": PHRASE}),
    "over two lines": f"{KEY[:20]}\n   {KEY[20:]}",
    "decoded secret": b"..canary of thirty-two bytes here!..",
}


@pytest.mark.parametrize("dress", DRESSED)
def test_a_secret_is_found_in_any_dress(dress):
    looking = hunt()
    looking.look("here", DRESSED[dress])
    assert looking.found


def test_a_secret_is_found_in_pictures_recordings_and_databases(tmp_path):
    looking = hunt()
    looking.look_at_picture("picture", f"<tspan>{KEY[2:30]}</tspan><b>&#160;</b>{KEY[30:]}")
    (tmp_path / "r.zst").write_bytes(zstandard.compress(b"x" * 99 + KEY.encode()))
    with sqlite3.connect(tmp_path / "store.db") as database:
        database.execute("CREATE TABLE journal (body BLOB)")
        database.execute("INSERT INTO journal VALUES (?)", (SECRET.encode(),))
    database.close()
    looking.look_into(tmp_path)
    for where in ("key in picture", "key in r.zst unpacked", "secret in store.db rows"):
        assert where in looking.found


def test_what_holds_no_secret_is_let_be():
    looking = hunt()
    looking.look("here", "nothing but words, five canary words here, MIIE")
    assert looking.found == []
