import pytest

from pmterm.model.errors import SettingsWrong
from pmterm.net.address import address_of, check_base


@pytest.mark.parametrize(
    "base",
    [
        "http://example.com",  # readable on the way
        "ftp://example.com",
        "https://",
        "example.com",
        "https://user:pass@example.com",
        "https://example.com/?a=1",
        "https://[::1",
        "file:///etc/passwd",
        "http://localhost.example.com",
    ],
)
def test_bases_that_are_refused(base):
    with pytest.raises(SettingsWrong):
        check_base(base)


@pytest.mark.parametrize(
    "base", ["https://example.com/trade-api/v2/", "http://127.0.0.1:8080", "http://localhost:1"]
)
def test_bases_that_pass_lose_only_the_last_slash(base):
    assert check_base(base) == base.rstrip("/")


def test_streams_need_wss_but_on_this_computer():
    assert check_base("ws://127.0.0.1:9/ws", schemes=("wss", "ws"))
    with pytest.raises(SettingsWrong):
        check_base("ws://example.com/ws", schemes=("wss", "ws"))


@pytest.mark.parametrize(
    "path",
    ["@evil.example", "//evil.example/x", "", "/a b", "/a\r\nHost: evil", "/ä", "/%zz", "/#x"],
)
def test_paths_that_could_bend_the_address_are_refused(path):
    assert address_of("https://example.com", path) == ""


def test_a_plain_path_and_query_pass_unchanged():
    path = "/markets?slug=a%20b&limit=5&ids=[1,2]"
    assert address_of("https://example.com", path) == "https://example.com" + path
