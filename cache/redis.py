"""Entries that every instance shares, in Redis.

A key of Redis holds one entry: `L` and a token for a lease, `V`, the token and the payload for a
value. aiocache reads them. Leasing and filling compare and set in one step, which aiocache cannot
do with the clock of the server and the lifetime that is left, so two scripts do that beside it.

A token begins with the microseconds of the server's clock at the lease. When a connection is
opened, the server may be another one, restarted from an old snapshot, or back from an outage in
which it was told of no invalidation: nothing leased before the newest connection is trusted.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

from aiocache import RedisCache
from aiocache.serializers import NullSerializer

from cache.records import Entry, Fill

_MICROSECONDS = 1_000_000
_CLOCK_DIGITS, _NONCE_DIGITS = 16, 16
_TOKEN = slice(1, 1 + _CLOCK_DIGITS + _NONCE_DIGITS)
_LEASE = """
local time = redis.call('TIME')
local token = time[1] .. string.format('%06d', time[2]) .. ARGV[2]
local entries = {}
for index, key in ipairs(KEYS) do
  local entry = redis.call('GET', key)
  if not entry or string.sub(entry, 2, 33) == ARGV[index + 2] then
    entry = 'L' .. token
    redis.call('SET', key, entry, 'PX', ARGV[1])
  end
  entries[index] = entry
end
return entries
"""
_FILL = """
local kept = 0
for index, key in ipairs(KEYS) do
  local token = ARGV[index * 2 - 1]
  if redis.call('GET', key) == 'L' .. token then
    redis.call('SET', key, 'V' .. token .. ARGV[index * 2], 'KEEPTTL')
    kept = kept + 1
  end
end
return kept
"""


class ServerClock:
    """The clock of the Redis server, as it was when the newest connection was opened."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._read_at = 0.0
        self._microseconds: int | None = None

    # Any: redis-py does not say what kind of connection it opens.
    async def connected(self, connection: Any) -> None:
        """Prepare a connection that was just opened, and read the clock on it."""
        await connection.on_connect()
        await connection.send_command("TIME")
        self.set(await connection.read_response())

    def set(self, answer: Sequence[bytes | int]) -> None:
        """Take the server's answer to TIME, and trust nothing that was leased before it."""
        seconds, microseconds = answer
        self._microseconds = int(seconds) * _MICROSECONDS + int(microseconds)
        self._read_at = self._clock()

    def age_seconds(self, microseconds: int) -> float:
        """How long ago, by and large, the server's clock said this."""
        since = microseconds - (self._microseconds or 0)
        return max(0.0, self._clock() - self._read_at - since / _MICROSECONDS)

    def trusts(self, microseconds: int) -> bool:
        """Whether a lease of that instant is younger than every connection."""
        return self._microseconds is not None and microseconds > self._microseconds


class RedisStore:
    """A store in Redis, which must be one server (6.0 or newer), not a cluster.

    `clock` must be told of each connection of `client`. Errors of the client are raised as they
    are: `ShelteredStore` stands before this one.
    """

    # Any: the types of the client do not tell what it gives.
    def __init__(self, client: Any, clock: ServerClock, *, lifetime_seconds: float) -> None:
        self._client = client
        self._clock = clock
        self._lifetime_ms = max(1, round(lifetime_seconds * 1000))
        self._entries = RedisCache(
            connection_pool_class=lambda **_: client.connection_pool,
            serializer=NullSerializer(encoding=None),
            timeout=None,
        )
        self._lease = client.register_script(_LEASE)
        self._fill = client.register_script(_FILL)

    def peek(self, _key: str) -> None:
        """Nothing is known here."""

    async def read(self, keys: Sequence[str]) -> list[Entry | None]:
        """Give what each key has."""
        return [
            None if stored is None else self._entry(stored)
            for stored in await self._entries.multi_get(keys)
        ]

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        """Give what each key has then, after leasing those with nothing but what is refused."""
        nonce = secrets.token_hex(_NONCE_DIGITS // 2)
        stored = await self._lease(
            keys=list(refused), args=[self._lifetime_ms, nonce, *refused.values()]
        )
        return [self._entry(one) for one in stored]

    async def fill(self, fills: Sequence[Fill]) -> int:
        """Keep the values whose lease still stands, and give their number."""
        arguments = [part for fill in fills for part in (fill.token, fill.payload)]
        return int(await self._fill(keys=[fill.key for fill in fills], args=arguments))

    async def forget(self, keys: Sequence[str]) -> None:
        """Take away values and leases."""
        await self._client.delete(*keys)

    async def synchronize(self) -> None:
        """Trust nothing that was leased before this."""
        self._clock.set(await self._client.time())

    async def ping(self) -> None:
        """Have the server answer."""
        await self._client.ping()

    def _entry(self, stored: bytes) -> Entry:
        token = stored[_TOKEN]
        leased_at = int(token[:_CLOCK_DIGITS])
        return Entry(
            token=token,
            payload=stored[_TOKEN.stop :] if stored.startswith(b"V") else None,
            age_seconds=self._clock.age_seconds(leased_at),
            is_trusted=self._clock.trusts(leased_at),
        )
