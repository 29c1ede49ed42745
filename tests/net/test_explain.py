import pytest

from pmterm.messages.transport import HttpResponse
from pmterm.model.errors import CredentialsWrong, TransportLost, VenueRefused
from pmterm.model.ids import Venue
from pmterm.net.explain import explain, refused_stream

EDGE_PAGE = """<!DOCTYPE html>
<html><head><title>Attention Required! | Cloudflare</title></head>
<body><h1>Sorry, you have been blocked</h1></body></html>"""


def answer(status, text="", retry_after_s=0):
    return HttpResponse(
        1, Venue.POLYMARKET, "GET", "/book", status, text, retry_after_s=retry_after_s
    )


def test_html_403_is_told_as_a_block_by_the_edge_and_not_parsed():
    error = explain(answer(403, EDGE_PAGE))
    assert isinstance(error, VenueRefused)
    assert error.status == 403
    assert "edge blocks this network" in str(error)
    assert "country" in error.hint
    assert "Cloudflare" not in str(error)


def test_json_403_gives_the_venues_words():
    error = explain(answer(403, '{"error":"trading restricted in your region"}'))
    assert "trading restricted in your region" in str(error)
    assert "edge" not in str(error)


def test_401_is_about_the_key():
    error = explain(answer(401, '{"error":{"code":"x","message":"invalid signature"}}'))
    assert isinstance(error, CredentialsWrong)
    assert "invalid signature" in str(error)
    assert "clock" in error.hint


def test_429_says_when_to_come_back():
    error = explain(answer(429, '{"error":"too many requests"}', retry_after_s=12))
    assert isinstance(error, VenueRefused)
    assert error.retry_after_s == 12
    assert "12 s" in error.hint


def test_time_told_in_the_body_counts_too():
    body = '{"error":"post-only mode","code":"post_only_mode","retry_after_seconds":79}'
    error = explain(answer(503, body))
    assert error.retry_after_s == 79


@pytest.mark.parametrize(("status", "word"), [(425, "matching engine"), (500, "fault of its own")])
def test_venue_faults_are_not_blamed_on_the_user(status, word):
    assert word in str(explain(answer(status, "oops")))


def test_nothing_came_is_a_network_matter_that_may_heal():
    error = explain(answer(0, "clob.example: connection refused"))
    assert isinstance(error, TransportLost)
    assert "connection refused" in str(error)


def test_a_portal_page_behind_a_redirect_is_not_followed_nor_parsed():
    assert "does not follow" in str(explain(answer(302, "<html>log in</html>")))


def test_hostile_words_of_a_venue_come_out_inert():
    text = '{"error":"\\u001b]52;c;x\\u0007 \\u202e line\\nbreak"}'
    told = str(explain(answer(400, text)))
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "\n" not in told


def test_a_body_nested_without_end_does_no_harm():
    assert "HTTP 400" in str(explain(answer(400, "[" * 100_000)))


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_stream_refusals_that_heal(status):
    assert isinstance(refused_stream("kalshi", status, ""), TransportLost)


def test_stream_refusals_that_do_not_heal():
    assert isinstance(refused_stream("kalshi", 401, ""), CredentialsWrong)
    edge = refused_stream("kalshi", 403, EDGE_PAGE)
    assert isinstance(edge, VenueRefused)
    assert "blocks this network" in edge.hint
