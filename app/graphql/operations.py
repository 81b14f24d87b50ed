"""The operations that run over one socket, by the ids that the client gave them."""

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack, aclosing
from time import perf_counter
from typing import Any

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.admission.controller import NotAdmitted, admission_of, origin_of
from app.admission.refusal import MESSAGE, OVERLOADED
from app.exchange import exchange_of
from app.graphql.answers import Record, broken, refused
from app.graphql.messages import Subscribe
from app.graphql.service import GraphQLService
from app.graphql.terms import client_name
from app.graphql.wording import message_body
from app.graphql.writing import written
from gql.documents.prepare import RequestRefused
from services.principal import Principal
from spans.part import Kind, Part

MOST_OPERATIONS = 200
"""How many operations may run over one socket at the same time."""
_MOST_AT_WORK = 8
"""How many may be prepared at a time, and how many queries run and answered: twice the turns of a
caller, so that those of many sockets do not wait for each other in vain.

Streams wait for events, and mutations may wait for a model: neither keeps others waiting.
"""
TOO_MANY_OPERATIONS = "TOO_MANY_OPERATIONS"
_OPERATION = Part(Kind.REQUEST, "socket")
_log = structlog.get_logger("guidance.socket")


class Operations:
    """Starts, stops and answers a socket's operations, each in a task of its own."""

    def __init__(
        self, websocket: WebSocket, service: GraphQLService, writable: asyncio.Event
    ) -> None:
        """`writable` is set while the client takes in what it is sent."""
        self._websocket = websocket
        self._writable = writable
        self._places = asyncio.Semaphore(_MOST_AT_WORK)
        self._service = service
        self._admission = admission_of(websocket.scope["state"])
        self._origin = origin_of(websocket.client and websocket.client.host)
        self._by_id: dict[str, asyncio.Task[None]] = {}
        # Those too that were stopped and have not ended, as a mutation that has begun.
        self._running: set[asyncio.Task[None]] = set()
        self._started = 0

    def __contains__(self, id_: str) -> bool:
        """Whether the client waits for an operation of this id."""
        return id_ in self._by_id

    async def has_refused(self, message: Subscribe) -> bool:
        """Whether others wait too long for this to be begun, which the client is told then."""
        if self._admission is None or self._admission.admits(self._origin):
            return False
        await self._admission.turn_to_refuse()
        await send(self._websocket, _not_admitted(message.id))
        return True

    async def start(
        self, message: Subscribe, principal: Principal, *, in_parts: bool = False
    ) -> None:
        """Begin to answer; one too many is answered with an error."""
        if len(self._running) >= MOST_OPERATIONS:
            text = f"More than {MOST_OPERATIONS} operations at the same time."
            errors = message_body(text, TOO_MANY_OPERATIONS)["errors"]
            await send(self._websocket, {"id": message.id, "type": "error", "payload": errors})
            return
        self._started += 1
        request_id = f"{exchange_of(self._websocket.scope).request_id}.{self._started}"
        task = asyncio.create_task(self._run(message, principal, request_id, in_parts=in_parts))
        self._by_id[message.id] = task
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def complete(self, id_: str) -> None:
        """Stop an operation, which is not answered any more; an id that is not known is fine."""
        task = self._by_id.pop(id_, None)
        if task is not None:
            task.cancel()

    def stop(self) -> None:
        """Stop all."""
        self._by_id.clear()
        for task in self._running:
            # Once is enough: twice would break off a mutation.
            if not task.cancelling():
                task.cancel()

    async def end(self) -> None:
        """Stop all, and wait until they have ended."""
        self.stop()
        exchange_of(self._websocket.scope).log["operations"] = self._started
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(
        self, message: Subscribe, principal: Principal, request_id: str, *, in_parts: bool
    ) -> None:
        started = perf_counter()
        record = Record()
        try:
            ending = await self._traced(
                self._follow(message, principal, request_id, record, in_parts=in_parts), record
            )
            # The id is free before the client can know that it is.
            self._by_id.pop(message.id, None)
            await send(self._websocket, ending)
        except WebSocketDisconnect:
            pass  # the connection finds out by itself
        finally:
            _log.info(
                "operation",
                request_id=request_id,
                ms=round((perf_counter() - started) * 1000, 2),
                **record.line,
            )

    async def _traced(
        self, following: Coroutine[Any, Any, dict[str, object]], record: Record
    ) -> dict[str, object]:
        tracer = self._service.tracer
        if not tracer.should_trace():
            return await following
        return await tracer.run(_OPERATION, following, lambda: record.operation_name)

    async def _follow(
        self,
        message: Subscribe,
        principal: Principal,
        request_id: str,
        record: Record,
        *,
        in_parts: bool,
    ) -> dict[str, object]:
        """Send the answers as they come, and give the message that ends the operation."""
        request, id_ = message.request, message.id
        try:
            place = await self._place()
        except NotAdmitted:
            return _not_admitted(id_)
        try:
            name = client_name(self._websocket.headers)
            operation = await self._service.prepare(request, principal, name)
            if operation.kind != "query":
                place.close()
            answers = self._service.answers(
                operation, request, principal, request_id, in_parts=in_parts
            )
            async with aclosing(answers):
                async for answer in answers:
                    record.add(answer)
                    if not answer.was_executed:
                        return {"id": id_, "type": "error", "payload": answer.body["errors"]}
                    await send(self._websocket, {"id": id_, "type": "next", "payload": answer.body})
        except WebSocketDisconnect:
            raise
        except RequestRefused as refusal:
            answer = refused(refusal)
        except Exception as error:  # noqa: BLE001 - it is logged, and the socket lives on
            answer = broken(error, request_id)
        else:
            return {"id": id_, "type": "complete"}
        finally:
            place.close()
        record.add(answer)
        return {"id": id_, "type": "error", "payload": answer.body["errors"]}

    async def _place(self) -> ExitStack:
        """Wait to be one of those at work, of which none begins before the client reads."""
        await self._places.acquire()
        place = ExitStack()
        place.callback(self._places.release)
        try:
            await self._writable.wait()
            if self._admission is not None:
                await self._admission.turn(self._origin)
        except BaseException:
            place.close()
            raise
        return place


def _not_admitted(id_: str) -> dict[str, object]:
    errors = message_body(MESSAGE, OVERLOADED)["errors"]
    return {"id": id_, "type": "error", "payload": errors}


async def send(websocket: WebSocket, message: dict[str, object]) -> None:
    """Send a message; waits while the client is slow, raises `WebSocketDisconnect` if it went."""
    await websocket.send_text(written(message).decode())
