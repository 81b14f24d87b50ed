"""One connection, and the task that sends on it what is asked meanwhile, all of it at once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keyvalue.connection import Command, Connection, Reply
from keyvalue.errors import ConnectionFailed, Unavailable
from keyvalue.patience import Patience
from keyvalue.reasons import TIMEOUT

MOST_COMMANDS = 500
"""How many commands are sent at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """So many commands of one caller, as they are sent, and the future that has their answers."""

    packed: Sequence[bytes]
    number: int
    replies: "asyncio.Future[list[Reply]]"

    def fail(self) -> None:
        """Say that there is no answer, unless nobody waits any more."""
        if not self.replies.done():
            self.replies.set_exception(Unavailable())


class Lane:
    """Serves a queue that it shares with other lanes.

    What waits is no task of its caller's: one who stops waiting disturbs nothing, and how long a
    command waits for its turn is not counted against the server.
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
        self._is_used = asyncio.Lock()

    async def open(self) -> None:
        """Connect, and raise `ConnectionFailed` where that fails."""
        async with self._is_used:
            await self._connection.open(self._opened)

    async def check(self, command: Command) -> Reply:
        """Give the answer to a command, whatever became of others; raises `ConnectionFailed`."""
        async with self._is_used:
            (reply,) = await self._connection.exchange(self.pack([command]), 1)
        return reply

    def pack(self, commands: Sequence[Command]) -> list[bytes]:
        """Put commands as they are sent, on whatever lane; raises what is wrong with them."""
        return self._connection.pack(commands)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def serve(self, queue: "asyncio.Queue[Request]") -> None:
        """Send what is in the queue, for ever."""
        while True:
            requests = [await queue.get()]
            number = requests[0].number
            while number < MOST_COMMANDS and not queue.empty():
                requests.append(queue.get_nowait())
                number += requests[-1].number
            await self._send([one for one in requests if not one.replies.done()])

    async def exchange(
        self, packed: Sequence[bytes], number: int, *, blocks_seconds: float = 0.0
    ) -> list[Reply]:
        """Send so many commands at once and give their answers; raises `Unavailable`.

        `blocks_seconds` is how long the server may wait before it answers.
        """
        try:
            async with Patience(self._timeout_seconds + blocks_seconds), self._is_used:
                await self._connection.open(self._opened)
                return await self._connection.exchange(packed, number)
        except TimeoutError:
            self._failed(TIMEOUT)
        except ConnectionFailed as failure:
            self._failed(failure.reason)
        raise Unavailable

    async def _send(self, requests: Sequence[Request]) -> None:
        if not requests:
            return
        packed = [part for request in requests for part in request.packed]
        try:
            replies = iter(await self.exchange(packed, sum(one.number for one in requests)))
            for request in requests:
                own = [next(replies) for _ in range(request.number)]
                if not request.replies.done():
                    request.replies.set_result(own)
        except Unavailable:
            pass
        finally:
            # Whatever became of it, also at the end of the process, nobody waits for ever.
            for request in requests:
                request.fail()
