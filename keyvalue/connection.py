"""One connection to Redis; the only module that uses private parts of redis-py.

redis-py's own time-outs are not used: they cannot tell a busy event loop from a slow server, and
one of them lost cancellations before Python 3.12. The caller sets the time-out.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    MovedError,
    NoScriptError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from keyvalue.errors import (
    CommandRefused,
    ConnectionFailed,
    ScriptUnknown,
    SlotElsewhere,
    SlotMoving,
)
from keyvalue.failure_reasons import reason_of, state_in
from keyvalue.sentinel import SentinelUrl

Argument: TypeAlias = str | bytes | float
Command: TypeAlias = Sequence[Argument]
# Any: commands answer with bytes, numbers, None, or lists of these.
Reply: TypeAlias = Any


def connections(url: str, number: int, *, connect_seconds: float) -> "list[Connection]":
    """Create connections without opening them; with Sentinels, each finds the primary anew."""
    options: dict[str, Any] = {
        "socket_timeout": None,
        "socket_connect_timeout": connect_seconds,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    sentinels = SentinelUrl.parse(url)
    if sentinels is None:
        pool = ConnectionPool.from_url(url, **options)
    else:
        pool = sentinels.pool(connect_seconds, options)
    return [
        Connection(pool.make_connection(), pool)  # type: ignore[no-untyped-call]  # it has no types
        for _ in range(number)
    ]


class Connection:
    """A connection that is closed by any failure, including a cancellation.

    So an answer is never taken for the answer to a different command.
    """

    def __init__(self, raw: AbstractConnection, pool: ConnectionPool) -> None:
        self._raw = raw
        # A connection that asks Sentinels has only a weak reference to it.
        self._pool = pool
        self._writer: asyncio.StreamWriter | None = None

    async def open(self, opened: Callable[[Reply], None] | None = None) -> None:
        """Connect, if it is not connected; then `opened` is called with the server's TIME.

        Raises `ConnectionFailed`.
        """
        if await self._is_usable():
            return
        async with self._closed_by_failures():
            await self.close()
            await self._raw.connect()  # type: ignore[no-untyped-call]  # it has no types
            self._writer = self._raw._writer  # noqa: SLF001 - see `close`
            if opened is not None:
                (time,) = await self.exchange(self.pack([("TIME",)]), 1)
                opened(time)

    def pack(self, commands: Sequence[Command]) -> list[bytes]:
        """Encode commands for sending, on any connection."""
        return self._raw.pack_commands(commands)

    async def exchange(self, packed: Sequence[bytes], number: int) -> list[Reply]:
        """Send `number` encoded commands, and return the answers; some may be a `CommandRefused`.

        Raises `ConnectionFailed`.
        """
        async with self._closed_by_failures():
            await self._raw.send_packed_command(packed, check_health=False)
            return [await self._read() for _ in range(number)]

    async def close(self) -> None:
        """Close it at once; redis-py would wait for unsent data."""
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None
        await self._raw.disconnect(nowait=True)

    @asynccontextmanager
    async def _closed_by_failures(self) -> AsyncIterator[None]:
        try:
            yield
        except ConnectionFailed:
            raise
        except Exception as error:
            # Not only redis-py's errors: parsing something that is not an answer raises others.
            await self.close()
            raise ConnectionFailed(reason_of(error)) from error
        except BaseException:
            await self.close()
            raise

    async def _is_usable(self) -> bool:
        """Whether it is open, and has no unread data."""
        try:
            return self._raw.is_connected and not await self._raw.can_read()
        except (RedisError, OSError):
            return False

    async def _read(self) -> Reply:
        try:
            return await self._raw.read_response()
        except NoScriptError as error:
            return ScriptUnknown(str(error))
        except AskError as error:
            is_for_once = not isinstance(error, MovedError)
            return SlotElsewhere(str(error), error.host, error.port, is_for_once=is_for_once)
        except TryAgainError as error:
            return SlotMoving(str(error))
        except ResponseError as error:
            if _is_state_of_server(error):
                raise
            return CommandRefused(str(error))


def _is_state_of_server(error: ResponseError) -> bool:
    if type(error) is not ResponseError:
        return True  # redis-py has a class of its own for each
    return state_in(error) is not None
