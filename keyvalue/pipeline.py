"""A pipelined connection: waiting commands are sent together, in one round trip."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keyvalue.connection import Command, Connection, Reply
from keyvalue.errors import ConnectionFailed, KeyValueUnavailable
from keyvalue.failure_reasons import TIMEOUT
from keyvalue.timeout import LoopAwareTimeout

MOST_COMMANDS = 500
"""How many commands are sent at once."""


@dataclass(frozen=True, slots=True)
class PipelineRequest:
    """`number` encoded commands of one caller, and the future for their answers."""

    packed: Sequence[bytes]
    number: int
    replies: "asyncio.Future[list[Reply]]"

    def fail(self) -> None:
        """Fail the future, unless it is done."""
        if not self.replies.done():
            self.replies.set_exception(KeyValueUnavailable())


class Pipeline:
    """Sends requests from a queue that it shares with other pipelines.

    The sending task is not the caller's: cancelling a caller does not disturb the others, and the
    time a command waits in the queue does not count towards the server's time-out.
    """

    def __init__(
        self,
        connection: Connection,
        timeout_seconds: float,
        *,
        opened: Callable[[Reply], None] | None = None,
        failed: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._timeout_seconds = timeout_seconds
        self._opened = opened
        self._failed = failed
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        """Connect; raises `ConnectionFailed`."""
        async with self._lock:
            await self._connection.open(self._opened)

    async def check(self, command: Command) -> Reply:
        """Run a command even if the circuit is open; raises `ConnectionFailed`."""
        async with self._lock:
            (reply,) = await self._connection.exchange(self.pack([command]), 1)
        return reply

    def pack(self, commands: Sequence[Command]) -> list[bytes]:
        """Encode commands for sending; raises redis-py's error if one is not valid."""
        return self._connection.pack(commands)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def serve(self, queue: "asyncio.Queue[PipelineRequest]") -> None:
        """Send the requests in the queue, forever."""
        while True:
            requests = [await queue.get()]
            number = requests[0].number
            while number < MOST_COMMANDS and not queue.empty():
                requests.append(queue.get_nowait())
                number += requests[-1].number
            await self._send([one for one in requests if not one.replies.done()])

    async def exchange(
        self, packed: Sequence[bytes], number: int, *, block_seconds: float = 0.0
    ) -> list[Reply]:
        """Send `number` encoded commands, and return the answers; raises `KeyValueUnavailable`.

        `block_seconds` is how long the server may block before it answers.
        """
        try:
            async with (
                LoopAwareTimeout(self._timeout_seconds + block_seconds),
                self._lock,
            ):
                await self._connection.open(self._opened)
                return await self._connection.exchange(packed, number)
        except TimeoutError:
            self._failed(TIMEOUT)
        except ConnectionFailed as failure:
            self._failed(failure.reason)
        raise KeyValueUnavailable

    async def _send(self, requests: Sequence[PipelineRequest]) -> None:
        if not requests:
            return
        packed = [part for request in requests for part in request.packed]
        try:
            replies = iter(await self.exchange(packed, sum(one.number for one in requests)))
            for request in requests:
                own = [next(replies) for _ in range(request.number)]
                if not request.replies.done():
                    request.replies.set_result(own)
        except KeyValueUnavailable:
            pass
        finally:
            # Whatever happened, also at shutdown, no caller must wait forever.
            for request in requests:
                request.fail()
