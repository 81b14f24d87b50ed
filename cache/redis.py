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
from keyvalue import Argument, CommandRefused, KeyValue, Reply, Script
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

    def __init__(self, keyvalue: KeyValue) -> None:
        super().__init__(serializer=NullSerializer(encoding=None), timeout=None)
        self._keyvalue = keyvalue

    async def _multi_get(
        self, keys: Sequence[str], encoding: None = None, _conn: None = None
    ) -> list[Reply]:
        del encoding
        return await self._keyvalue.run_all([("GETRANGE", key, 0, MOST_BYTES) for key in keys])


class RedisStore:
    """A store in Redis, of version 6.0 or newer.

    Raises `KeyValueError`, which `CircuitBreakingStore` handles.
    """

    def __init__(
        self, keyvalue: KeyValue, metrics: CacheMetrics, *, lifetime_seconds: float
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
        stored = await self._entries.multi_get(keys)
        return [self._entry(key, one) for key, one in zip(keys, stored, strict=True)]

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        """The entry of each key, after leasing those that have none or a refused one."""
        leased: dict[str, Entry] = {}
        for keys in self._keyvalue.together(list(refused)):
            leased.update(await self._lease(keys, [refused[key] for key in keys]))
        return [leased[key] for key in refused]

    async def _lease(self, keys: Sequence[str], tokens: Sequence[bytes]) -> dict[str, Entry]:
        nonce = secrets.token_hex(_NONCE_DIGITS // 2)
        arguments: list[Argument] = [self._lifetime_ms, nonce, MOST_BYTES, *tokens]
        stored = await self._keyvalue.run_script(_LEASE, keys, arguments)
        for one in stored:
            if one[_TOKEN].endswith(nonce.encode()):
                self._keyvalue.clock_of(keys[0]).observe(_leased_at(one))
        return {
            key: self._entry(key, one) or _UNUSABLE for key, one in zip(keys, stored, strict=True)
        }

    async def fill(self, fills: Sequence[Fill]) -> int:
        """Store the values whose lease is still valid, and return how many."""
        fitting = {one.key: one for one in fills if _TOKEN.stop + len(one.payload) <= MOST_BYTES}
        kept = 0
        for keys in self._keyvalue.together(list(fitting)):
            arguments = [
                part for key in keys for part in (fitting[key].token, fitting[key].payload)
            ]
            kept += int(await self._keyvalue.run_script(_FILL, keys, arguments))
        return kept

    async def forget(self, keys: Sequence[str]) -> None:
        """Invalidate keys: delete their values and leases."""
        for together in self._keyvalue.together(keys):
            await self._keyvalue.run("DEL", *together)

    async def synchronize(self) -> None:
        """Stop trusting entries that were leased before now."""
        await self._keyvalue.synchronize()

    async def ping(self) -> None:
        """Ask Redis for any answer."""
        await self._keyvalue.ping()

    def _entry(self, key: str, stored: Reply) -> Entry | None:
        """The entry in a stored value; None if there is no value, or it is not an entry."""
        if not stored:
            return None
        if not _is_entry(stored):
            self._metrics.unreadable()
            return None
        clock, leased_at = self._keyvalue.clock_of(key), _leased_at(stored)
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
