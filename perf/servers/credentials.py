"""Credentials of the people and companies that use a server under measurement."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.authentication.tokens import issue_token
from services.clock import system_clock

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class CallerCredentials:
    """Tokens of people, and a company's API key if there is one.

    `leavers` are tokens of people who only ever request the erasure of their data.
    """

    people: Sequence[str]
    leavers: Sequence[str]
    api_key: str | None


def tokens_of_people(secret: str, people: int) -> list[str]:
    """Tokens of users 1 to `people`, valid for a day."""
    now = system_clock()
    return [
        issue_token(secret, user_id=user_id, roles=(), ttl_seconds=_DAY_SECONDS, now=now)
        for user_id in range(1, people + 1)
    ]
