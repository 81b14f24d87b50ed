"""Header fields of a response: the caller's budget, when to retry, and server timing.

https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11
"""

from functools import lru_cache
from typing import TypeAlias

from app.graphql.documents.refusals import ASK_FOR_TEXT
from app.graphql.pipeline.responses import OperationResponse
from app.http.exchange import REVALIDATE
from gql.errors import Unauthenticated
from services.throttling.records import BucketPolicy
from spans.trace import Trace, seconds_by_kind

Fields: TypeAlias = list[tuple[bytes, bytes]]


def response_headers(answer: OperationResponse) -> Fields:
    """RateLimit and RateLimit-Policy for a caller with a budget; Retry-After; Cache-Control.

    Consistency-Token after a write, where a replica is read;

    WWW-Authenticate for a credential that is refused; and those that the response has of its own.
    """
    fields: Fields = [*answer.fields]
    if answer.refusal == Unauthenticated.code:
        fields.append((b"www-authenticate", b"Bearer"))
    if answer.write_position is not None:
        fields.append((b"consistency-token", b"%x" % answer.write_position))
    if answer.retry_after_seconds is not None:
        fields.append((b"retry-after", b"%d" % answer.retry_after_seconds))
    level = answer.level
    if level is None:
        return [*fields, REVALIDATE] if answer.refusal in ASK_FOR_TEXT else fields
    now = b'"cost";r=%d;t=%d' % (level.available, level.full_after_seconds)
    policy = _policy_field(level.policy.capacity, level.policy.restore_rate)
    return [(b"ratelimit-policy", policy), (b"ratelimit", now), *fields]


@lru_cache(maxsize=16)
def _policy_field(capacity: int, restore_rate: int) -> bytes:
    return b'"cost";q=%d;w=%d' % (capacity, BucketPolicy(capacity, restore_rate).window_seconds)


def server_timing(answer: OperationResponse, trace: Trace | None) -> tuple[bytes, bytes]:
    """The field Server-Timing: milliseconds in total and in the database, and statements.

    If the request was traced, the other kinds of spans follow, the longest first.

    https://www.w3.org/TR/server-timing/
    """
    taken = (answer.seconds * 1000, answer.database_seconds * 1000, len(answer.statements))
    said = b'total;dur=%.2f, db;dur=%.2f, statements;desc="%d"' % taken
    if trace is None:
        return b"server-timing", said
    others = sorted(seconds_by_kind(trace.uses()).items(), key=lambda one: -one[1])
    parts = (b"%b;dur=%.2f" % (kind.encode(), seconds * 1000) for kind, seconds in others)
    return b"server-timing", b", ".join((said, *parts))
