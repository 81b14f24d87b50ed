"""Cache entries in Redis, shared by all instances.

A Redis key holds one entry: `L` and a token for a lease; `V`, the token and the payload for a
value. aiocache reads them. Leasing and filling must compare and set in one step, with the server's
clock and the remaining lifetime, which aiocache cannot do: two scripts do it.

A token begins with the microseconds of the server's clock at the time of the lease. When a
connection is opened, the server may be a different one, or restored from an old snapshot, or may
have missed invalidations during an outage. So nothing leased before the newest connection is
trusted.
"""

import secrets
from collections.abc import Mapping, Sequence

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from cache.records import Entry, Fill
from keyvalue import Argument, CommandRefused, KeyValueClient, Reply, Script
from metrics.cache import CacheMetrics

MOST_BYTES = 65_536
"""The longest entry; a longer value is not ours, and is not read completely."""
_CLOCK_DIGITS, _NONCE_DIGITS = 16, 16
_TOKEN = slice(1, 1 + _CLOCK_DIGITS + _NONCE_DIGITS)
# Values that are not entries are replaced, and so are refused entries.
_LEASE = Script("""
local time = redis.call('TIME')
local token = time[1] .. string.format('%06d', time[2]) .. ARGV[2]
local form = '^[LV]' .. string.rep('%d', 16) .. string.rep('%x', 16)
local entries = {}
for index, key in ipairs(KEYS) do
  local entry = redis.pcall('GET', key)
  if type(entry) ~= 'string' or #entry > tonumber(ARGV[3]) or not string.find(entry, form)
     or string.sub(entry, 2, 33) == ARGV[index + 3] then
    entry = 'L' .. token
    redis.call('SET', key, entry, 'PX', ARGV[1])
  end
  entries[index] = entry
end
return entries
""")
_FILL = Script("""
local kept = 0
for index, key in ipairs(KEYS) do
  local token = ARGV[index * 2 - 1]
  if redis.pcall('GET', key) == 'L' .. token then
    redis.call('SET', key, 'V' .. token .. ARGV[index * 2], 'KEEPTTL')
    kept = kept + 1
  end
end
return kept
""")

_UNUSABLE = Entry(b"", None, 0.0, is_trusted=False)


class _Entries(BaseCache):  # type: ignore[misc]  # it has no types
    """aiocache over our Redis client; reads no more of a value than an entry can have."""

    def __init__(self, keyvalue: KeyValueClient) -> None:
        super().__init__(serializer=NullSerializer(encoding=None), timeout=None)
        self._keyvalue = keyvalue

    async def _multi_get(
        self, keys: Sequence[str], encoding: None = None, _conn: None = None
    ) -> list[Reply]:
        del encoding
        return await self._keyvalue.run_all([("GETRANGE", key, 0, MOST_BYTES) for key in keys])


class RedisStore:
    """A store in Redis: a single server of version 6.0 or newer, not a cluster.

    Raises `KeyValueError`, which `CircuitBreakingStore` handles.
    """

    def __init__(
        self, keyvalue: KeyValueClient, metrics: CacheMetrics, *, lifetime_seconds: float
    ) -> None:
        self._keyvalue = keyvalue
        self._metrics = metrics
        self._lifetime_seconds = lifetime_seconds
        self._lifetime_ms = max(1, round(lifetime_seconds * 1000))
        self._entries = _Entries(keyvalue)

    def peek(self, _key: str) -> None:
        """Always None: Redis has to be asked."""

    async def read(self, keys: Sequence[str]) -> list[Entry | None]:
        """The entry of each key."""
        return [self._entry(stored) for stored in await self._entries.multi_get(keys)]

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        """The entry of each key, after leasing those that have none or a refused one."""
        nonce = secrets.token_hex(_NONCE_DIGITS // 2)
        arguments: list[Argument] = [self._lifetime_ms, nonce, MOST_BYTES, *refused.values()]
        stored = await self._keyvalue.run_script(_LEASE, list(refused), arguments)
        for one in stored:
            if one[_TOKEN].endswith(nonce.encode()):
                self._keyvalue.clock.observe(_leased_at(one))
        return [self._entry(one) or _UNUSABLE for one in stored]

    async def fill(self, fills: Sequence[Fill]) -> int:
        """Store the values whose lease is still valid, and return how many."""
        fitting = [one for one in fills if _TOKEN.stop + len(one.payload) <= MOST_BYTES]
        if not fitting:
            return 0
        arguments = [part for fill in fitting for part in (fill.token, fill.payload)]
        return int(await self._keyvalue.run_script(_FILL, [one.key for one in fitting], arguments))

    async def forget(self, keys: Sequence[str]) -> None:
        """Invalidate keys: delete their values and leases."""
        await self._keyvalue.run("DEL", *keys)

    async def synchronize(self) -> None:
        """Stop trusting entries that were leased before now."""
        self._keyvalue.clock.reset(await self._keyvalue.run("TIME"))

    async def ping(self) -> None:
        """Ask the server for any answer."""
        await self._keyvalue.run("PING")

    def _entry(self, stored: Reply) -> Entry | None:
        """The entry in a stored value; None if there is no value, or it is not an entry."""
        if not stored:
            return None
        if not _is_entry(stored):
            self._metrics.unreadable()
            return None
        clock, leased_at = self._keyvalue.clock, _leased_at(stored)
        age_seconds = clock.age_seconds(leased_at)
        return Entry(
            token=stored[_TOKEN],
            payload=stored[_TOKEN.stop :] if stored.startswith(b"V") else None,
            age_seconds=max(0.0, age_seconds),
            is_trusted=clock.is_trusted(leased_at) and age_seconds <= self._lifetime_seconds,
        )


def _leased_at(stored: bytes) -> int:
    return int(stored[_TOKEN][:_CLOCK_DIGITS])


def _is_entry(stored: Reply) -> bool:
    return (
        not isinstance(stored, CommandRefused)
        and _TOKEN.stop <= len(stored) <= MOST_BYTES
        and stored[:1] in {b"L", b"V"}
        and stored[_TOKEN][:_CLOCK_DIGITS].isdigit()
    )
