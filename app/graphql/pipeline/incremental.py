"""Formats the parts of an incremental response, and merges them to know the whole."""

from collections.abc import Sequence
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError
from graphql.execution.types import (
    CompletedResult,
    IncrementalDeferResult,
    IncrementalStreamResult,
    InitialIncrementalExecutionResult,
    PendingResult,
    SubsequentIncrementalExecutionResult,
)

from app.graphql.pipeline.error_formatting import format_errors, outcome_of
from app.graphql.pipeline.responses import OperationResponse, response_of
from gql.runtime.incremental import Part

Increment = IncrementalDeferResult | IncrementalStreamResult


# Any: bodies and data are JSON of the shape that was asked for.
class IncrementalResponses:
    """Formats the parts as they come; `data` is what a client has merged of them so far.

    If it `halts`, the first part with errors is the last, and completes all that are pending.
    """

    def __init__(self, request_id: str, *, halts: bool = False) -> None:
        self._halts = halts
        self.data: dict[str, Any] | None = None
        self._request_id = request_id
        self._paths: dict[str, list[str | int]] = {}
        self._pending: dict[str, None] = {}

    @property
    def has_pending(self) -> bool:
        """Whether deferred or streamed parts are still to come."""
        return bool(self._pending)

    def answer(self, part: Part) -> OperationResponse:
        """The response of one part."""
        if isinstance(part, ExecutionResult):
            self.data = part.data
            return response_of(part, self._request_id)
        if isinstance(part, InitialIncrementalExecutionResult):
            return self._first(part)
        return self._next(part)

    def aborted(self, error: GraphQLError) -> OperationResponse:
        """The last response, if pending parts will not come because of `error`."""
        errors = format_errors([error], self._request_id)
        completed = [{"id": id_, "errors": errors} for id_ in self._pending]
        return _response({"completed": completed, "hasNext": False}, errors)

    def _first(self, part: InitialIncrementalExecutionResult) -> OperationResponse:
        errors = format_errors(part.errors or (), self._request_id)
        # A copy: merging must not change data that has not been sent yet.
        self.data = orjson.loads(orjson.dumps(part.data))
        body = {"data": part.data, "errors": errors} if errors else {"data": part.data}
        return _response(
            body | {"pending": self._add_pending(part.pending), "hasNext": True}, errors
        )

    def _next(self, part: SubsequentIncrementalExecutionResult) -> OperationResponse:
        errors: list[dict[str, Any]] = []
        body: dict[str, Any] = {}
        if part.pending:
            body["pending"] = self._add_pending(part.pending)
        if part.incremental:
            body["incremental"] = [self._increment(one, errors) for one in part.incremental]
        if part.completed:
            body["completed"] = [self._completed(one, errors) for one in part.completed]
        if errors and self._halts:
            left = [{"id": id_, "errors": errors} for id_ in self._pending]
            body["completed"] = [*body.get("completed", ()), *left]
        has_next = part.has_next and not (errors and self._halts)
        return _response(body | {"hasNext": has_next}, errors)

    def _add_pending(self, pending: Sequence[PendingResult]) -> list[dict[str, Any]]:
        for one in pending:
            self._paths[one.id] = one.path
            self._pending[one.id] = None
        return [dict(one.formatted) for one in pending]

    def _increment(self, one: Increment, errors: list[dict[str, Any]]) -> dict[str, Any]:
        self._merge_increment(one)
        return self._format(one, errors)

    def _completed(self, one: CompletedResult, errors: list[dict[str, Any]]) -> dict[str, Any]:
        self._pending.pop(one.id, None)
        return self._format(one, errors)

    def _format(
        self, one: Increment | CompletedResult, errors: list[dict[str, Any]]
    ) -> dict[str, Any]:
        formatted: dict[str, Any] = dict(one.formatted)
        if one.errors:
            formatted["errors"] = format_errors(one.errors, self._request_id)
            errors += formatted["errors"]
        return formatted

    def _merge_increment(self, one: Increment) -> None:
        place: Any = self.data
        for key in (*self._paths[one.id], *(one.sub_path or ())):
            place = place[key]
        if isinstance(one, IncrementalStreamResult):
            place += one.items
        else:
            _merge(place, one.data)


def _response(body: dict[str, Any], errors: list[dict[str, Any]]) -> OperationResponse:
    return OperationResponse(body, True, outcome_of(errors))


def _merge(place: dict[str, Any], data: dict[str, Any]) -> None:
    for name, value in data.items():
        if isinstance(value, dict) and isinstance(place.get(name), dict):
            _merge(place[name], value)
        else:
            place[name] = value
