"""Responses to operations, before a transport frames them."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from graphql import ExecutionResult

from app.graphql.pipeline.error_formatting import format_errors, outcome_of
from app.graphql.pipeline.outcomes import RETRY_SECONDS, has_no_data, is_database_unavailable
from gql.documents.caching import CachePolicy
from metrics.observations import Outcome
from services.throttling.records import BucketLevel


@dataclass(slots=True)
class OperationResponse:
    """The body of a response, and what headers, logs and metrics need to know of it.

    A subscription has one for each event; `number` is the event's id. `level` is the caller's
    remaining budget, if it has one. `refusal` is the error code of what was not executed.
    `is_unavailable` means that nothing could be answered because the database is away. `status` and
    `fields` are set for an invalid request, which only HTTP can have. `write_position` is where
    the writes of the operation end in the write-ahead log, if there is a replica. One that
    `has_secret` must not be compressed. `caching` is set for the whole answer to a query that may
    be validated, and `entity_tag` if it was found to be what the client has.
    """

    # Any: data is JSON of the shape that was asked for.
    body: dict[str, Any]
    was_executed: bool
    outcome: Outcome
    statements: Sequence[str] = ()
    number: int | None = None
    level: BucketLevel | None = None
    retry_after_seconds: int | None = None
    refusal: str | None = None
    is_unavailable: bool = False
    seconds: float = 0.0
    database_seconds: float = 0.0
    write_position: int | None = None
    status: int | None = None
    fields: Sequence[tuple[bytes, bytes]] = ()
    has_secret: bool = False
    caching: CachePolicy | None = None
    entity_tag: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the body is data alone, as another request would be given it too."""
        return self.was_executed and self.body.keys() == {"data"}

    @property
    def can_be_validated(self) -> bool:
        """Whether the response has, or can be given, a validator."""
        return self.caching is not None and (self.entity_tag is not None or self.is_complete)


class ResponseStream(NamedTuple):
    """Responses that follow one another; `is_incremental` if they are parts of a single one.

    A stream that `has_secret` must not be compressed.
    """

    responses: AsyncGenerator[OperationResponse, None]
    is_incremental: bool = False
    has_secret: bool = False


Answer: TypeAlias = OperationResponse | list[OperationResponse] | ResponseStream
"""What a request is answered with: a response, those of a batch, or a stream of them."""


def not_modified(entity_tag: str, caching: CachePolicy) -> OperationResponse:
    """The response to a client that has the answer with this validator."""
    response = OperationResponse({}, True, Outcome.OK, status=304)
    response.caching, response.entity_tag = caching, entity_tag
    return response


def response_of(
    result: ExecutionResult, request_id: str, number: int | None = None
) -> OperationResponse:
    """The response to an operation that ran; errors of fields are part of it."""
    if not result.errors:
        return OperationResponse({"data": result.data}, True, Outcome.OK, (), number)
    errors = format_errors(result.errors, request_id)
    body = {"data": result.data, "errors": errors}
    response = OperationResponse(body, True, outcome_of(errors), (), number)
    if is_database_unavailable(errors):
        response.retry_after_seconds = RETRY_SECONDS
        response.is_unavailable = has_no_data(result.data)
    return response
