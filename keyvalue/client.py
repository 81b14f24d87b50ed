"""The client: pipelines commands over a few connections, unless the circuit is open."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import Self

from keyvalue.breaker import PROBE_SECONDS, CircuitBreaker
from keyvalue.clock import ServerClock
from keyvalue.connection import Argument, Command, Reply, connections
from keyvalue.errors import (
    CommandRefused,
    ConnectionFailed,
    KeyValueUnavailable,
    ScriptUnknown,
    SlotElsewhere,
)
from keyvalue.failure_reasons import CLUSTER, NOT_WRITTEN, TIMEOUT
from keyvalue.pipeline import Pipeline, PipelineRequest
from keyvalue.protocol import K, Script
from keyvalue.timeout import LoopAwareTimeout
from spans.attribution import attributed
from spans.part import Kind, Part

CONNECTIONS = 4
"""The pipelined connections of a process; each lane of blocking commands has one more."""
TIMEOUT_SECONDS = 0.25
"""How long Redis may take to answer."""
CONNECT_SECONDS = 1.0
"""How long opening the connections may take; no caller waits for that."""
MOST_WAITING = 10_000
"""How many requests may wait to be sent; further ones are refused."""
# The probe writes with a script: a server that is read-only, full, or allows no scripts fails it.
_PROBE_SCRIPT = "redis.call('SET', KEYS[1], '1') return redis.call('DEL', KEYS[1])"
_ANSWER = Part(Kind.REDIS, "answer")
_PROBE_KEY = "guidance:probe"


class KeyValueClient:
    """`async with KeyValueClient(url)`: runs commands in Redis, with short time-outs.

    Commands that are issued while others are in flight are sent together, so there are never more
    round trips at a time than connections. A failed command is not retried. The first one that
    fails, or is not answered in time although the event loop was free, opens the circuit. Then no
    caller waits until a probe has opened new connections to a server that accepts writes.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        probe_seconds: float = PROBE_SECONDS,
        probe_key: Callable[[], str] = lambda: _PROBE_KEY,
    ) -> None:
        self.clock = ServerClock()
        self.url = url
        self._timeout_seconds = timeout_seconds
        self._probe_key = probe_key
        self._breaker = CircuitBreaker("redis", self._recover, probe_seconds=probe_seconds)
        self._pipelines = [
            Pipeline(one, timeout_seconds, opened=self.clock.reset, failed=self._trip)
            for one in connections(url, CONNECTIONS, connect_seconds=CONNECT_SECONDS)
        ]
        self._blocking: dict[int, Pipeline] = {}
        self._queue: asyncio.Queue[PipelineRequest] = asyncio.Queue()
        self._serving: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Try to reach Redis once; the client can be used even if that fails."""
        await self._breaker.start()
        self._serving = [
            asyncio.create_task(pipeline.serve(self._queue)) for pipeline in self._pipelines
        ]
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
        self._refuse_waiting()
        for pipeline in (*self._pipelines, *self._blocking.values()):
            await pipeline.close()

    @property
    def is_available(self) -> bool:
        """Whether commands are sent now: the circuit is closed."""
        return not self._breaker.is_open

    async def run(self, *command: Argument) -> Reply:
        """Run a command and return its answer; raises `KeyValueError`."""
        (reply,) = await self.run_all([command])
        if isinstance(reply, CommandRefused):
            raise reply
        return reply

    def run_all(self, commands: Sequence[Command]) -> Coroutine[object, None, list[Reply]]:
        """Run commands in one round trip; an answer may be a `CommandRefused`.

        Raises `KeyValueUnavailable`.
        """
        return attributed(_ANSWER, self._run_all(commands))

    async def _run_all(self, commands: Sequence[Command]) -> list[Reply]:
        self._require_available()
        if self._queue.qsize() >= MOST_WAITING:
            raise KeyValueUnavailable
        replies: asyncio.Future[list[Reply]] = asyncio.get_running_loop().create_future()
        request = PipelineRequest(self._pipelines[0].pack(commands), len(commands), replies)
        self._queue.put_nowait(request)
        return await replies

    async def run_script(
        self,
        script: Script,
        keys: Sequence[str | bytes],
        arguments: Sequence[Argument],
    ) -> Reply:
        """Run a script and return its answer; raises `KeyValueError`."""
        rest = (len(keys), *keys, *arguments)
        try:
            return await self.run("EVALSHA", script.digest, *rest)
        except ScriptUnknown:
            return await self.run("EVAL", script.text, *rest)

    async def run_blocking(self, *command: Argument, block_seconds: float, lane: int = 0) -> Reply:
        """Like `run`, for a command that blocks up to `block_seconds`; one at a time in a lane."""
        self._require_available()
        if lane not in self._blocking:
            (connection,) = connections(self.url, 1, connect_seconds=CONNECT_SECONDS)
            self._blocking[lane] = Pipeline(connection, self._timeout_seconds, failed=self._trip)
        blocking = self._blocking[lane]
        packed = blocking.pack([command])
        (reply,) = await blocking.exchange(packed, 1, block_seconds=block_seconds)
        if isinstance(reply, CommandRefused):
            raise reply
        return reply

    def together(self, keys: Sequence[K]) -> Sequence[Sequence[K]]:
        """All keys: there is one server."""
        return [keys] if keys else []

    def lane_of(self, _key: str | bytes) -> int:
        """One lane for all keys."""
        return 0

    def clock_of(self, _key: str | bytes) -> ServerClock:
        """The clock of the server."""
        return self.clock

    async def synchronize(self) -> None:
        """Set the clock anew; raises `KeyValueError`."""
        self.clock.reset(await self.run("TIME"))

    async def ping(self) -> None:
        """Ask for any answer; raises `KeyValueError`."""
        await self.run("PING")

    def _require_available(self) -> None:
        if self._breaker.is_open:
            self._breaker.refuse()
            raise KeyValueUnavailable

    def _trip(self, reason: str) -> None:
        self._breaker.trip(reason)
        self._refuse_waiting()

    def _refuse_waiting(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait().fail()

    async def _recover(self) -> str | None:
        """Open every connection, and check that Redis accepts a write in time."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS + self._timeout_seconds):
                opened = await asyncio.gather(
                    *(pipeline.open() for pipeline in self._pipelines), return_exceptions=True
                )
            for failure in filter(None, opened):
                raise failure
            async with LoopAwareTimeout(self._timeout_seconds):
                probe = ("EVAL", _PROBE_SCRIPT, 1, self._probe_key())
                deleted = await self._pipelines[0].check(probe)
        except ConnectionFailed as failure:
            return failure.reason
        except TimeoutError:
            return TIMEOUT
        if isinstance(deleted, SlotElsewhere):
            return CLUSTER
        return None if deleted == 1 else NOT_WRITTEN
