"""The header fields of an answer: about the caller's budget, and for caches on the way.

https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11
"""

from functools import lru_cache

from app.graphql.answers import Answer
from app.graphql.refusals import ASK_FOR_TEXT
from services.throttling.records import Policy

_NOT_TO_BE_KEPT = {"cache-control": "private, no-cache, must-revalidate"}


def header_fields(answer: Answer) -> dict[str, str]:
    """RateLimit, RateLimit-Policy and Retry-After for a caller with a budget; Cache-Control."""
    level = answer.level
    if level is None:
        return _NOT_TO_BE_KEPT if answer.refusal in ASK_FOR_TEXT else {}
    fields = {
        "ratelimit-policy": _policy_field(level.policy),
        "ratelimit": f'"cost";r={level.available};t={level.full_after_seconds}',
    }
    if answer.retry_after_seconds is not None:
        fields["retry-after"] = str(answer.retry_after_seconds)
    return fields


@lru_cache(maxsize=16)
def _policy_field(policy: Policy) -> str:
    return f'"cost";q={policy.capacity};w={policy.window_seconds}'


def server_timing(answer: Answer) -> dict[str, str]:
    """Server-Timing, which browsers show: milliseconds in all and in the database, statements.

    https://www.w3.org/TR/server-timing/
    """
    total, database = answer.seconds * 1000, answer.database_seconds * 1000
    statements = len(answer.statements)
    return {
        "server-timing": f"total;dur={total:.2f}, db;dur={database:.2f}, "
        f'statements;desc="{statements}"'
    }
