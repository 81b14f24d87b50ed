"""Deadlines, retries and pauses of requests; and a pattern for what identifies a person."""

import re
from base64 import urlsafe_b64encode
from calendar import monthrange
from datetime import datetime, timedelta
from math import ceil

MOST_ATTEMPTS = 8
PAUSE_BETWEEN_EXPORTS = timedelta(days=1)
_FIRST_WAIT_SECONDS = 30.0
_DECEMBER = 12


def legal_deadline(requested_at: datetime) -> datetime:
    """One calendar month after receipt: the same day, or the last day of a shorter month.

    GDPR, article 12(3), counted as in article 3 of Regulation 1182/71, except that the rest of the
    last day, which the regulation also allows, is not used.
    """
    year = requested_at.year + requested_at.month // _DECEMBER
    month = requested_at.month % _DECEMBER + 1
    day = min(requested_at.day, monthrange(year, month)[1])
    return requested_at.replace(year=year, month=month, day=day)


def retry_wait_seconds(attempts: int) -> float:
    """The wait before the next attempt after `attempts` failed: doubled each time."""
    return float(_FIRST_WAIT_SECONDS * 2 ** (attempts - 1))


def seconds_until_next_export(completed_at: datetime, now: datetime) -> int | None:
    """How long a person must wait for another export after a completed one; None if not at all."""
    left = (completed_at + PAUSE_BETWEEN_EXPORTS - now).total_seconds()
    return ceil(left) if left > 0 else None


def identifying_pattern(user_id: int, email: str) -> str:
    """A PostgreSQL regular expression that matches texts that identify a person.

    It matches the e-mail address, the id as the API spells it, and the id next to a word for people
    as in `user:5`, `user_id=5` and `{"userId": 5}`, but not as parts of longer ones.
    """
    api_id = urlsafe_b64encode(b"User:%d" % user_id).decode()
    return "|".join(
        (
            rf"(?<![\w.+-]){_escaped(email)}(?![\w-]|\.\w)",
            rf"(?<![\w-]){_escaped(api_id)}(?![\w=-])",
            rf'\m(user|actor|administrator)(_?id)?"?\s*[:=#/]\s*"?{user_id}\M',
        )
    )


def _escaped(text: str) -> str:
    """The text escaped for use in a regular expression."""
    return re.sub(r"([^\w])", r"\\\1", text)
