"""Retry-After in both forms, and in none."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.llm.retry_after import seconds_from

NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("1e3", None),
        ("9" * 400, None),
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("Fri, 20 Feb 2026 09:30:10 GMT", 10),
        ("Fri, 20 Feb 2026 10:30:10 +0100", 10),
        ("Fri, 20 Feb 2026 09:30:10 -0000", 10),
        ("Friday, 20-Feb-26 09:30:10 GMT", 10),
        ("Fri, 20 Feb 2026 09:29:00 GMT", 0),
        ("Fri, 99 Feb 2026 09:29:00 GMT", None),
    ],
)
def test_what_a_header_asks_for(header: str | None, seconds: float | None) -> None:
    assert seconds_from(header, NOW) == seconds


@given(st.integers(0, 10**6))
def test_both_forms_say_the_same(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert seconds_from(date, NOW) == seconds_from(str(seconds), NOW) == seconds


@given(st.text())
def test_nothing_that_a_server_sends_is_an_error(header: str) -> None:
    seconds = seconds_from(header, NOW)
    assert seconds is None or seconds >= 0
