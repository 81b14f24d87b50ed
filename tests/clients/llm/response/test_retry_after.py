"""Retry-After in both forms, and in none."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.llm.response.retry_after import (
    LONGEST_WAIT_SECONDS,
    parse_retry_after,
    retry_after_seconds_in,
)

NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", 1.5),
        ("1.", 1),
        (".5", None),
        ("1.5.2", None),
        ("inf", None),
        ("nan", None),
        ("9999999999", LONGEST_WAIT_SECONDS),
        ("9" * 400 + ".5", LONGEST_WAIT_SECONDS),
        ("٣", None),
        ("1e3", None),
        ("9" * 5_000, LONGEST_WAIT_SECONDS),
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("Fri, 20 Feb 2026 09:30:10 GMT", 10),
        ("Fri, 20 Feb 2026 10:30:10 +0100", 10),
        ("Fri, 20 Feb 2026 09:30:10 -0000", 10),
        ("Friday, 20-Feb-26 09:30:10 GMT", 10),
        ("Fri, 20 Feb 2026 09:29:00 GMT", 0),
        ("Fri, 99 Feb 2026 09:29:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT_SECONDS),
        ("Fri, 31 Dec 9999 23:59:59 -1200", LONGEST_WAIT_SECONDS),
        ("Fri, 31 Dec 10000 23:59:59 GMT", LONGEST_WAIT_SECONDS),
        ("Fri, 31 Dec 99999999999 23:59:59 GMT", LONGEST_WAIT_SECONDS),
        ("Thu, 01 Jan 1960 00:00:00 GMT", 0),
        ("Mon, 01 Jan 0001 00:00:00 +1400", 0),
        ("Fri, 20 Feb 2026 09:30:60 GMT", 59),
        ("Fri, 20 Feb 2026 09:30:10 +99999999999999999999", 0),
        ("Fri, 20 Feb 2026 09:30:10 +" + "9" * 400, None),
    ],
)
def test_what_a_header_asks_for(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


@given(st.integers(0, 10**6))
def test_both_forms_say_the_same(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert parse_retry_after(date, NOW) == parse_retry_after(str(seconds), NOW) == seconds


@pytest.mark.parametrize(
    ("milliseconds", "header", "seconds"),
    [
        ("1500", None, 1.5),
        ("3600000", None, 3_600),
        ("250.5", "7", 0.2505),
        ("0", "7", 0),
        ("9" * 400, "7", LONGEST_WAIT_SECONDS),
        ("soon", "7", 7),
        ("-1", "7", 7),
        ("", "7", 7),
        ("soon", None, None),
    ],
)
def test_milliseconds_are_believed_before_seconds(
    milliseconds: str, header: str | None, seconds: float | None
) -> None:
    headers = {"retry-after-ms": milliseconds} | ({"retry-after": header} if header else {})
    assert retry_after_seconds_in(headers, NOW) == seconds


def test_no_wait_is_requested() -> None:
    assert retry_after_seconds_in({}, NOW) is None


_DATES = st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,12} [A-Z][a-z]{2} [0-9]{1,12} [0-9:]{1,9} .{0,9}")
_NUMBERS = st.from_regex(r"[0-9]{0,20}[.e+-]?[0-9]{0,20}")


@pytest.mark.heavy
@given(st.one_of(st.text(), _DATES, _NUMBERS), st.one_of(st.text(), _NUMBERS))
def test_nothing_that_a_server_sends_is_an_error(header: str, milliseconds: str) -> None:
    headers = {"retry-after": header, "retry-after-ms": milliseconds}
    seconds = retry_after_seconds_in(headers, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT_SECONDS
