"""How long a server asks to wait, which is text from outside.

`Retry-After` is of RFC 9110, section 10.2.3; `retry-after-ms` is what some providers of models
send beside it. What is too long is not absent: it is clipped, to what everything that reckons with
it has a place for.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_tz

LONGEST_WAIT_SECONDS = 30 * 86_400.0
"""Longer than anybody waits for an answer, so that what is beyond it makes no difference."""
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?", re.ASCII)
_LONGEST_NUMBER = 300
"""Characters; a number of more than that is no float, and too large in any case."""
_LAST_YEAR = 9_999


def wait_asked_for(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds to wait, from 0 to `LONGEST_WAIT_SECONDS`; None where nothing usable is said.

    The names of `headers` are taken in lower case. The more exact of two is believed.
    """
    milliseconds = _number(headers.get("retry-after-ms", "").strip())
    if milliseconds is not None:
        return min(milliseconds / 1_000, LONGEST_WAIT_SECONDS)
    return seconds_from(headers.get("retry-after"), now)


def seconds_from(header: str | None, now: datetime) -> float | None:
    """What `Retry-After` alone asks for, as `wait_asked_for` gives it."""
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
    """The seconds from `now` to a date, with its zone's offset; without one it is in UTC."""
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
