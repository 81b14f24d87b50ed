"""The client: commands go over a few lanes, and nowhere while the circuit is open."""

import asyncio
from collections.abc import Coroutine, Sequence
from types import TracebackType
from typing import Self

from keyvalue.breaker import PROBE_SECONDS, CircuitBreaker
from keyvalue.clock import ServerClock
from keyvalue.connection import Argument, Command, Reply, connections
from keyvalue.errors import CommandRefused, ConnectionFailed, ScriptUnknown, Unavailable
from keyvalue.lane import Lane, Request
from keyvalue.patience import Patience
from keyvalue.reasons import NOT_WRITTEN, TIMEOUT
from keyvalue.script import Script
from spans.attribution import attributed
from spans.part import Kind, Part

LANES = 4
"""The connections of one process, besides one for what blocks."""
TIMEOUT_SECONDS = 0.25
"""How long an answer may take."""
CONNECT_SECONDS = 1.0
"""How long opening connections may take, in which nobody waits for them."""
MOST_WAITING = 10_000
"""How many requests may wait to be sent; more is refused."""
# Something is written, by a script: a server that only reads, is full, or allows no scripts does
# not answer that.
_PROBE_SCRIPT = "redis.call('SET', KEYS[1], '1') return redis.call('DEL', KEYS[1])"
_ANSWER = Part(Kind.REDIS, "answer")
_PROBE = ("EVAL", _PROBE_SCRIPT, 1, "guidance:probe")


class KeyValueClient:
    """`async with KeyValueClient(url)`: commands to Redis, each answered or given up soon.

    Commands that are asked for while others are on their way go together, so that there are
    never more round trips at a time than lanes. A command that fails is not tried again. The
    first that fails, or is not answered in time though the event loop was free, opens the circuit:
    until a probe has found new connections and a server that writes, nobody waits for anything.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        self.clock = ServerClock()
        self._timeout_seconds = timeout_seconds
        self._breaker = CircuitBreaker("redis", self._recover, probe_seconds=probe_seconds)
        *lanes, blocking = connections(url, LANES + 1, connect_seconds=CONNECT_SECONDS)
        self._lanes = [
            Lane(one, timeout_seconds, opened=self.clock.connected, failed=self._trip)
            for one in lanes
        ]
        self._blocking = Lane(blocking, timeout_seconds, failed=self._trip)
        self._queue: asyncio.Queue[Request] = asyncio.Queue()
        self._serving: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Try to reach Redis once; whatever comes of it, the client can be used."""
        await self._breaker.start()
        self._serving = [asyncio.create_task(lane.serve(self._queue)) for lane in self._lanes]
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._breaker.stop()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._breaker.is_open = True
        self._refuse_what_waits()
        for lane in (*self._lanes, self._blocking):
            await lane.close()

    @property
    def is_available(self) -> bool:
        """Whether Redis is asked at present."""
        return not self._breaker.is_open

    async def run(self, *command: Argument) -> Reply:
        """Give the answer to a command; raises `KeyValueError`."""
        (reply,) = await self.run_all([command])
        if isinstance(reply, CommandRefused):
            raise reply
        return reply

    def run_all(self, commands: Sequence[Command]) -> Coroutine[object, None, list[Reply]]:
        """Give the answers to commands, in one round trip; a `CommandRefused` is one of them.

        Raises `Unavailable`.
        """
        return attributed(_ANSWER, self._run_all(commands))

    async def _run_all(self, commands: Sequence[Command]) -> list[Reply]:
        self._require_available()
        if self._queue.qsize() >= MOST_WAITING:
            raise Unavailable
        replies: asyncio.Future[list[Reply]] = asyncio.get_running_loop().create_future()
        request = Request(self._blocking.pack(commands), len(commands), replies)
        self._queue.put_nowait(request)
        return await replies

    async def run_script(
        self,
        script: Script,
        keys: Sequence[str | bytes],
        arguments: Sequence[Argument],
    ) -> Reply:
        """Give what a script answers; raises `KeyValueError`."""
        rest = (len(keys), *keys, *arguments)
        try:
            return await self.run("EVALSHA", script.digest, *rest)
        except ScriptUnknown:
            return await self.run("EVAL", script.text, *rest)

    async def wait(self, *command: Argument, blocks_seconds: float) -> Reply:
        """As `run`, for a command that Redis answers up to `blocks_seconds` later; one at a time.

        It has a connection of its own.
        """
        self._require_available()
        (reply,) = await self._blocking.exchange(
            self._blocking.pack([command]), 1, blocks_seconds=blocks_seconds
        )
        if isinstance(reply, CommandRefused):
            raise reply
        return reply

    def _require_available(self) -> None:
        if self._breaker.is_open:
            self._breaker.refuse()
            raise Unavailable

    def _trip(self, reason: str) -> None:
        self._breaker.trip(reason)
        self._refuse_what_waits()

    def _refuse_what_waits(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait().fail()

    async def _recover(self) -> str | None:
        """Open every connection, and see whether something can be written, quickly."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS + self._timeout_seconds):
                opened = await asyncio.gather(
                    *(lane.open() for lane in self._lanes), return_exceptions=True
                )
            for failure in filter(None, opened):
                raise failure
            async with Patience(self._timeout_seconds):
                written = await self._lanes[0].check(_PROBE)
        except ConnectionFailed as failure:
            return failure.reason
        except TimeoutError:
            return TIMEOUT
        return None if written == 1 else NOT_WRITTEN
