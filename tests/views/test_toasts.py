"""News that comes at once shares a toast where it is a small matter."""

from pmterm.views.header import Toast, grouped


def told(*severities):
    return [Toast(n, severity, f"{severity} {n}") for n, severity in enumerate(severities)]


def test_warnings_and_errors_are_raised_one_by_one():
    raised = grouped(told("warning", "error", "warning"))
    assert raised == [
        ("warning", ("warning 0",)),
        ("error", ("error 1",)),
        ("warning", ("warning 2",)),
    ]


def test_parts_of_an_order_share_a_toast_and_what_is_left_out_is_counted():
    assert grouped(told(*["information"] * 3)) == [
        ("information", ("information 0", "information 1", "information 2"))
    ]
    assert grouped(told(*["information"] * 7))[0][1][3:] == ("and 4 more: F9",)


def test_nothing_is_nothing():
    assert grouped([]) == []
