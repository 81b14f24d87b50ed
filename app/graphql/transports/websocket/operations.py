"""The operations of one WebSocket, by the ids that the client chose."""

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack, aclosing
from contextvars import copy_context
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.graphql.pipeline.call import OperationCall
from app.graphql.pipeline.pipeline import Pipeline
from app.graphql.request.header_options import client_name
from app.graphql.transports.websocket.messages import Subscribe, read_subscribe
from app.http.admission.controller import NotAdmitted, admission_of, client_key_of
from app.http.error_responses import OVERLOADED, OVERLOADED_MESSAGE, error_body
from app.http.exchange import exchange_of
from app.http.json_encoding import encode_json
from gql.documents.operation import UNTRUSTED
from metrics.observations import Outcome
from services.callers.principal import ANONYMOUS, Anonymous, Principal, Router
from spans.part import Kind, Part
from spans.tracer import Answered

MOST_OPERATIONS = 200
"""How many operations may run over one socket at the same time."""
MOST_CONCURRENT = 8
"""How many operations are prepared, and queries run, at a time: twice a caller's concurrency limit.

Subscriptions and mutations count only while they are prepared, as they may wait for long.
"""
TOO_MANY_OPERATIONS = "TOO_MANY_OPERATIONS"
_OPERATION = Part(Kind.REQUEST, "socket")
_NOT_ANSWERED = {"operation": UNTRUSTED, "outcome": Outcome.OK, "statements": 0, "answers": 0}
_log = structlog.get_logger("guidance.socket")


_Waiting: TypeAlias = tuple[str, str, bool, float]
"""An operation that has not been started: its message, the request's id, whether it is answered in
parts, and when it was received. The garbage collector passes over a tuple of such values."""


class _Started(NamedTuple):
    """An operation that has a slot."""

    message: Subscribe
    request_id: str
    in_parts: bool
    received_at: float


class SocketOperations:
    """Runs a socket's operations, each in a task of its own.

    Those that wait for a slot have no task, and nothing else that the garbage collector would look
    through: thousands of them, on all sockets together, would make each collection long.
    """

    def __init__(
        self,
        websocket: WebSocket,
        pipeline: Pipeline,
        writable: asyncio.Event,
        router: Router | None = None,
    ) -> None:
        """`writable` is set while the client reads what it is sent, which may be a router."""
        self._router = router
        self._websocket = websocket
        self._writable = writable
        self._free_slots = MOST_CONCURRENT
        # An operation must not inherit the context of the one whose slot it gets.
        self._context = copy_context()
        self._pipeline = pipeline
        self._admission = admission_of(websocket.scope["state"])
        self._client_key = client_key_of(websocket.client and websocket.client.host)
        # In the order of their arrival.
        self._waiting: dict[str, _Waiting] = {}
        self._principal: Principal = ANONYMOUS
        self._by_id: dict[str, asyncio.Task[None]] = {}
        # Including stopped ones that have not ended, such as a mutation that is being finished.
        self._running: set[asyncio.Task[None]] = set()
        self._started = 0

    def __contains__(self, id_: str) -> bool:
        """Whether an operation with this id waits or is running."""
        return id_ in self._waiting or id_ in self._by_id

    async def refuse_if_overloaded(self, message: Subscribe) -> bool:
        """Send an error and give true, if the server is overloaded; otherwise give false."""
        if self._admission is None or self._admission.admits(self._client_key):
            return False
        await self._admission.refusal_turn()
        await send(self._websocket, _not_admitted(message.id))
        return True

    async def start(
        self, message: Subscribe, principal: Principal, *, in_parts: bool = False
    ) -> None:
        """Start an operation; one too many is answered with an error."""
        if len(self._waiting) + len(self._running) >= MOST_OPERATIONS:
            text = f"More than {MOST_OPERATIONS} operations at the same time."
            errors = error_body(text, TOO_MANY_OPERATIONS)["errors"]
            await send(self._websocket, {"id": message.id, "type": "error", "payload": errors})
            return
        self._started += 1
        self._principal = principal
        request_id = f"{exchange_of(self._websocket.scope).request_id}.{self._started}"
        if self._free_slots:
            self._begin(_Started(message, request_id, in_parts, perf_counter()))
        else:
            self._waiting[message.id] = message.text, request_id, in_parts, perf_counter()

    def complete(self, id_: str) -> None:
        """Stop an operation, if it waits or is running; it gets no further messages."""
        self._waiting.pop(id_, None)
        task = self._by_id.pop(id_, None)
        if task is not None:
            task.cancel()

    def stop(self) -> None:
        """Stop all."""
        self._waiting.clear()
        self._by_id.clear()
        for task in self._running:
            # A second cancellation would end a mutation before it is finished.
            if not task.cancelling():
                task.cancel()

    async def end(self) -> None:
        """Stop all, and wait until they have ended."""
        self.stop()
        exchange_of(self._websocket.scope).log["operations"] = self._started
        await asyncio.gather(*self._running, return_exceptions=True)

    def _begin(self, operation: _Started) -> None:
        self._free_slots -= 1
        slot = ExitStack()
        slot.callback(self._free_slot)
        task = asyncio.create_task(self._run(operation, slot), context=self._context.copy())
        self._by_id[operation.message.id] = task
        self._running.add(task)
        task.add_done_callback(partial(self._ended, slot))

    def _ended(self, slot: ExitStack, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        slot.close()  # a task that was cancelled before its first step has not

    def _free_slot(self) -> None:
        self._free_slots += 1
        if self._waiting:
            text, request_id, in_parts, since = self._waiting.pop(next(iter(self._waiting)))
            self._begin(_Started(read_subscribe(text), request_id, in_parts, since))

    async def _run(self, operation: _Started, slot: ExitStack) -> None:
        message = operation.message
        call = OperationCall(
            operation.request_id,
            dict(_NOT_ANSWERED),
            client_name=client_name(self._websocket.headers),
            principal=self._caller(self._principal),
            request=message.request,
            router=self._router,
            supports_incremental=operation.in_parts,
            found=lambda _call, _operation: slot.close(),
        )
        try:
            ending = await self._traced(self._follow(message.id, call, slot), call)
            # The client may reuse the id as soon as it has the last message.
            self._by_id.pop(message.id, None)
            await send(self._websocket, ending)
        except WebSocketDisconnect:
            pass  # the connection notices the disconnect too
        finally:
            _log.info(
                "operation",
                request_id=operation.request_id,
                ms=round((perf_counter() - operation.received_at) * 1000, 2),
                **call.log,
            )

    def _caller(self, principal: Principal) -> Principal:
        """A router that asks for nobody pays itself."""
        return self._router if self._router and isinstance(principal, Anonymous) else principal

    async def _traced(
        self, following: Coroutine[Any, Any, dict[str, object]], call: OperationCall
    ) -> dict[str, object]:
        tracer = self._pipeline.tracer
        if not tracer.should_trace():
            return await following
        return await tracer.run(
            _OPERATION,
            following,
            lambda: str(call.log["operation"]),
            answered=Answered(call.log),
        )

    async def _follow(self, id_: str, call: OperationCall, slot: ExitStack) -> dict[str, object]:
        """Send the responses as they come; gives the message that ends the operation."""
        with slot:
            # Nothing is begun for a client that does not read.
            await self._writable.wait()
            try:
                if self._admission is not None:
                    await self._admission.turn(self._client_key)
            except NotAdmitted:
                return _not_admitted(id_)
            async with aclosing(self._pipeline.stream(call)) as answers:
                async for answer in answers:
                    if not answer.was_executed:
                        return {"id": id_, "type": "error", "payload": answer.body["errors"]}
                    await send(self._websocket, {"id": id_, "type": "next", "payload": answer.body})
        return {"id": id_, "type": "complete"}


def _not_admitted(id_: str) -> dict[str, object]:
    errors = error_body(OVERLOADED_MESSAGE, OVERLOADED)["errors"]
    return {"id": id_, "type": "error", "payload": errors}


async def send(websocket: WebSocket, message: dict[str, object]) -> None:
    """Send a message; waits while the client is slow, raises `WebSocketDisconnect` if it went."""
    await websocket.send_text(encode_json(message).decode())
