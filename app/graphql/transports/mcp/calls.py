"""Calls of tools: held to their budgets before anything runs, then run like any operation."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from time import perf_counter
from typing import Any, TypeVar

import orjson
from graphql import GraphQLSchema
from graphql.execution.values import VariableValues
from mcp.types import CallToolResult, TextContent

from app.graphql.pipeline.call import OperationCall
from app.graphql.pipeline.pipeline import Pipeline
from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.bounded_json import InvalidJson, bounded_json
from app.graphql.request.graphql_request import GraphQLRequest
from app.graphql.transports.mcp import refusals
from app.graphql.transports.mcp.call import ToolCall, ToolCaller
from app.graphql.transports.mcp.catalogue import ToolCatalogue, limits_of
from app.http.json_encoding import encode_json
from gql.documents.operation import Operation, RequestRefused
from gql.runtime.execution import coerce_variables
from services.clock import Clock
from services.throttling.day_budgets import DayBudgets
from spans.part import Kind, Part
from spans.tracer import Answered

T = TypeVar("T")
_CALL = Part(Kind.REQUEST, "mcp")


class _NotValid(Exception):
    """Arguments that do not fit, and why."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__(*messages)
        self.messages = messages


class ToolCalls:
    """Answers calls of tools; one a process."""

    def __init__(
        self,
        schema: GraphQLSchema,
        catalogue: ToolCatalogue,
        pipeline: Pipeline,
        budgets: DayBudgets,
        clock: Clock,
    ) -> None:
        self._schema = schema
        self._catalogue = catalogue
        self._pipeline = pipeline
        self._budgets = budgets
        self._clock = clock
        self._unfinished = set[asyncio.Task[Any]]()  # Any: what they give is nobody's business here

    # Any: arguments are JSON.
    async def answer(
        self,
        caller: ToolCaller,
        name: str,
        arguments: Mapping[str, Any],
        *,
        is_dry_run: bool = False,
    ) -> CallToolResult:
        """The result of a call, refusals included. A query that is cancelled is given up."""
        operation = self._catalogue.operation(name)
        if operation is None:
            return refusals.unknown(name, list(self._catalogue.tools))
        try:
            values = self._coerced(operation, arguments)
        except _NotValid as misfit:
            return refusals.not_valid(misfit.messages)
        limits = limits_of(operation)
        call = ToolCall(caller, operation, arguments, values, limits, self._clock())
        if call.cost > limits.cost_per_call:
            places = operation.cost.most_expensive(values.coerced, maximum=limits.cost_per_call)
            return refusals.too_expensive(call.cost, limits, places)
        return await (self._estimated(call) if is_dry_run else self._reserved(call))

    # Any: as above.
    def _coerced(self, operation: Operation, arguments: Mapping[str, Any]) -> VariableValues:
        """The arguments as variables; raises `_NotValid`."""
        known = operation.definition.variable_definitions or ()
        others = set(arguments) - {one.variable.name.value for one in known}
        if others:
            raise _NotValid([f"There are {len(others)} arguments that it does not have."])
        try:
            # Some of what the library reads is no JSON: lone surrogates, and any depth.
            bounded_json(orjson.dumps(arguments))
            return coerce_variables(self._schema, operation, arguments)
        except (InvalidJson, TypeError) as error:
            raise _NotValid([f"The arguments cannot be read ({error})."]) from None
        except RequestRefused as misfit:
            raise _NotValid([error.message for error in misfit.errors]) from None

    async def close(self) -> None:
        """Finish the mutations whose callers have left, and what is to be given back."""
        await asyncio.gather(*self._unfinished, return_exceptions=True)

    async def _estimated(self, call: ToolCall) -> CallToolResult:
        """What the call would take, without taking it."""
        nothing = (0,) * len(call.needed)
        _, spent = await self._budgets.spend(call.key, call.now.date(), nothing, call.day_limits)
        left = {
            kind: max(0, limit - used)
            for kind, limit, used in zip(refusals.DAY, call.day_limits, spent, strict=True)
        }
        report = {
            "dryRun": True,
            "cost": call.cost,
            "leftToday": left,
            "wouldRun": all(
                need <= left[kind] for kind, need in zip(refusals.DAY, call.needed, strict=True)
            ),
            "limits": asdict(call.limits),
        }
        return _result(orjson.dumps(report), report)

    async def _reserved(self, call: ToolCall) -> CallToolResult:
        """Run the call, if the day's budget has room for the most that it may take."""
        day = call.now.date()
        is_spent, spent = await self._budgets.spend(call.key, day, call.needed, call.day_limits)
        if not is_spent:
            return refusals.used_up(call.needed, spent, call.day_limits, call.now)
        if call.operation.kind == "query":
            return await self._settled(call)
        # A mutation is finished although its caller leaves.
        return await asyncio.shield(self._in_background(self._settled(call)))

    async def _settled(self, call: ToolCall) -> CallToolResult:
        started, cost, text = perf_counter(), 0, b""
        try:
            body = await self._run(call)
            text = encode_json({name: body[name] for name in ("data", "errors") if name in body})
            # Any: JSON.
            answer: dict[str, Any] = orjson.loads(text)
            cost = _actual_cost(call, answer)
            return _result_of(call, text, answer)
        except TimeoutError:
            return refusals.took_too_long(call.limits)
        finally:
            taken = cost, len(text), round((perf_counter() - started) * 1000)
            left = [min(0, used - need) for used, need in zip(taken, call.needed, strict=True)]
            self._in_background(
                self._budgets.spend(call.key, call.now.date(), left, call.day_limits)
            )

    # Any: a body is JSON.
    async def _run(self, call: ToolCall) -> dict[str, Any]:
        document = call.operation.document
        asked = OperationCall(
            call.caller.request_id,
            call.caller.log,
            call.caller.address,
            document.publishers[0] if document else None,
            call.caller.principal,
            request=GraphQLRequest(None, None, call.arguments, document.id if document else None),
        )
        seconds = call.limits.ms_per_call / 1000
        is_query = call.operation.kind == "query"
        async with asyncio.timeout(seconds) if is_query else nullcontext():
            answer = await self._traced(self._pipeline.respond(asked), call.caller)
        if not isinstance(answer, OperationResponse):
            raise TypeError("a tool has one answer")
        return answer.body

    def _traced(
        self, running: Coroutine[Any, Any, T], caller: ToolCaller
    ) -> Coroutine[Any, Any, T]:
        """The same, traced if it is sampled, or its caller asks for it."""
        tracer, log, head = self._pipeline.tracer, caller.log, caller.head
        if not (tracer.should_trace() or head.sampled):
            return running
        return tracer.run(_CALL, running, lambda: str(log.get("operation")), head, Answered(log))

    def _in_background(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.create_task(work)
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)
        return task


# Any, below: answers are JSON.
def _actual_cost(call: ToolCall, answer: dict[str, Any]) -> int:
    data = answer.get("data")
    if not isinstance(data, dict):
        return 0
    return call.operation.cost.actual(call.values.coerced, data)


def _result_of(call: ToolCall, text: bytes, answer: dict[str, Any]) -> CallToolResult:
    if "data" not in answer:
        return refusals.not_run(answer["errors"])
    if len(text) > call.limits.bytes_per_call:
        is_done = call.operation.kind == "mutation"
        return refusals.too_large(len(text), call.limits, is_done=is_done)
    data = answer["data"]
    has_failed = data is None or (
        "errors" in answer and all(value is None for value in data.values())
    )
    return _result(text, answer, is_error=has_failed or _is_refused(data))


def _is_refused(data: dict[str, Any]) -> bool:
    """Whether a mutation of them was refused: its payload says why."""
    return any(isinstance(one, dict) and bool(one.get("userErrors")) for one in data.values())


def _result(text: bytes, answer: dict[str, Any], *, is_error: bool = False) -> CallToolResult:
    content = TextContent(type="text", text=text.decode())
    return CallToolResult(content=[content], structured_content=answer, is_error=is_error)
