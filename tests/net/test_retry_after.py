import pytest

from pmterm.model.units import SECOND
from pmterm.net.retry_after import seconds_of

AT = 1_760_000_000 * SECOND  # 2025-10-09 08:53:20 UTC


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        (" 7 ", 7),
        ("0", 0),
        ("", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("9" * 400, 86_400),
        ("Thu, 09 Oct 2025 08:54:20 GMT", 60),
        ("Thu, 09 Oct 2025 08:00:00 GMT", 0),
    ],
)
def test_retry_after_is_read_or_is_nothing(header, seconds):
    assert seconds_of(header, AT) == seconds
