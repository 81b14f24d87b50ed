"""When requests are due, tried again and may be asked again; what identifies a person in a text."""

import re
from base64 import urlsafe_b64encode
from calendar import monthrange
from datetime import datetime, timedelta
from math import ceil

MOST_ATTEMPTS = 8
PAUSE_BETWEEN_EXPORTS = timedelta(days=1)
_FIRST_PAUSE_SECONDS = 30.0
_DECEMBER = 12


def legal_deadline(requested_at: datetime) -> datetime:
    """A month from receipt by the calendar: the same day, or the month's last where it is shorter.

    GDPR, article 12(3), counted as in article 3 of Regulation 1182/71; the rest of the last day
    that the regulation grants is not used.
    """
    year = requested_at.year + requested_at.month // _DECEMBER
    month = requested_at.month % _DECEMBER + 1
    day = min(requested_at.day, monthrange(year, month)[1])
    return requested_at.replace(year=year, month=month, day=day)


def pause_seconds(attempts: int) -> float:
    """How long a request rests after its `attempts`-th attempt failed: doubled each time."""
    return float(_FIRST_PAUSE_SECONDS * 2 ** (attempts - 1))


def seconds_until_next_export(completed_at: datetime, now: datetime) -> int | None:
    """How long a further export has to wait for a completed one; None where it need not."""
    left = (completed_at + PAUSE_BETWEEN_EXPORTS - now).total_seconds()
    return ceil(left) if left > 0 else None


def identifying_pattern(user_id: int, email: str) -> str:
    """A regular expression of PostgreSQL's for texts that identify a person.

    It finds the e-mail address, the id as the API spells it, and the id beside a word for people
    as in `user:5`, `user_id=5` and `{"userId": 5}`; each on its own, not as a part of another.
    """
    api_id = urlsafe_b64encode(b"User:%d" % user_id).decode()
    return "|".join(
        (
            rf"(?<![\w.+-]){_literally(email)}(?![\w-]|\.\w)",
            rf"(?<![\w-]){_literally(api_id)}(?![\w=-])",
            rf'\m(user|actor|administrator)(_?id)?"?\s*[:=#/]\s*"?{user_id}\M',
        )
    )


def _literally(text: str) -> str:
    """The text as a regular expression that only it matches."""
    return re.sub(r"([^\w])", r"\\\1", text)
