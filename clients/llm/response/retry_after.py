"""Parsing the headers in which a server asks to wait before a retry.

`Retry-After` is specified in RFC 9110, section 10.2.3; some model providers also send
`retry-after-ms`. A wait that is too long is not ignored but limited to `LONGEST_WAIT_SECONDS`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_tz

LONGEST_WAIT_SECONDS = 30 * 86_400.0
"""Longer than any caller waits, so longer values make no difference."""
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?", re.ASCII)
_LONGEST_NUMBER = 300
"""In characters; a longer number does not fit into a float, and is too large anyway."""
_LAST_YEAR = 9_999


def retry_after_seconds_in(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds to wait, from 0 to `LONGEST_WAIT_SECONDS`; None if no header is usable.

    The names of `headers` must be in lower case. The more precise header takes precedence.
    """
    milliseconds = _number(headers.get("retry-after-ms", "").strip())
    if milliseconds is not None:
        return min(milliseconds / 1_000, LONGEST_WAIT_SECONDS)
    return parse_retry_after(headers.get("retry-after"), now)


def parse_retry_after(header: str | None, now: datetime) -> float | None:
    """The seconds that a `Retry-After` header asks for, with the same limits."""
    if header is None:
        return None
    text = header.strip()
    seconds = _number(text)
    if seconds is None:
        seconds = _seconds_until(text, now)
    return None if seconds is None else min(max(0.0, seconds), LONGEST_WAIT_SECONDS)


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    return float(text[:_LONGEST_NUMBER])


def _seconds_until(text: str, now: datetime) -> float | None:
    """The seconds from `now` until a date; a date without a zone offset is in UTC."""
    try:
        parsed = parsedate_tz(text)
    except (ValueError, IndexError, OverflowError):
        return None
    if parsed is None:
        return None
    year, *rest, offset_seconds = (*parsed[:6], parsed[9] or 0)
    if year > _LAST_YEAR:
        return LONGEST_WAIT_SECONDS
    try:
        month, day, hour, minute, second = rest
        instant = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        return (instant - now).total_seconds() - offset_seconds
    except (ValueError, OverflowError):
        return None
