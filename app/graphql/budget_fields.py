"""The header fields about a caller's budget: RateLimit, RateLimit-Policy and Retry-After.

https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11
"""

from app.graphql.answers import Answer


def budget_fields(answer: Answer) -> dict[str, str]:
    """The fields of an answer; none for a caller without a budget."""
    level = answer.level
    if level is None:
        return {}
    policy = level.policy
    fields = {
        "ratelimit-policy": f'"cost";q={policy.capacity};w={policy.window_seconds}',
        "ratelimit": f'"cost";r={level.available};t={level.full_after_seconds}',
    }
    if answer.retry_after_seconds is not None:
        fields["retry-after"] = str(answer.retry_after_seconds)
    return fields
