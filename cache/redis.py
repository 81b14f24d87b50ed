"""Entries that every instance shares, in Redis.

A key of Redis holds one entry: `L` and a token for a lease, `V`, the token and the payload for a
value. aiocache reads them. Leasing and filling compare and set in one step, which aiocache cannot
do with the clock of the server and the lifetime that is left, so two scripts do that beside it.

A token begins with the microseconds of the server's clock at the lease. When a connection is
opened, the server may be another one, restarted from an old snapshot, or back from an outage in
which it was told of no invalidation: nothing leased before the newest connection is trusted.
"""

import secrets
from collections.abc import Mapping, Sequence

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from cache.records import Entry, Fill
from keyvalue import Argument, CommandRefused, KeyValueClient, Reply, Script
from metrics.cache import CacheMetrics

MOST_BYTES = 65_536
"""The longest entry; a longer one is not ours, and not read to its end."""
_CLOCK_DIGITS, _NONCE_DIGITS = 16, 16
_TOKEN = slice(1, 1 + _CLOCK_DIGITS + _NONCE_DIGITS)
# Whatever is no entry is replaced, as is one that is refused.
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
    """What aiocache reads through the one client, each entry no longer than one of ours."""

    def __init__(self, keyvalue: KeyValueClient) -> None:
        super().__init__(serializer=NullSerializer(encoding=None), timeout=None)
        self._keyvalue = keyvalue

    async def _multi_get(
        self, keys: Sequence[str], encoding: None = None, _conn: None = None
    ) -> list[Reply]:
        del encoding
        return await self._keyvalue.run_all([("GETRANGE", key, 0, MOST_BYTES) for key in keys])


class RedisStore:
    """A store in Redis, which must be one server (6.0 or newer), not a cluster.

    Raises `KeyValueError`: `CircuitBreakingStore` stands before this one.
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
        """Nothing is known here."""

    async def read(self, keys: Sequence[str]) -> list[Entry | None]:
        """Give what each key has."""
        return [self._entry(stored) for stored in await self._entries.multi_get(keys)]

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        """Give what each key has then, after leasing those with nothing but what is refused."""
        nonce = secrets.token_hex(_NONCE_DIGITS // 2)
        arguments: list[Argument] = [self._lifetime_ms, nonce, MOST_BYTES, *refused.values()]
        stored = await self._keyvalue.run_script(_LEASE, list(refused), arguments)
        for one in stored:
            if one[_TOKEN].endswith(nonce.encode()):
                self._keyvalue.clock.saw(_leased_at(one))
        return [self._entry(one) or _UNUSABLE for one in stored]

    async def fill(self, fills: Sequence[Fill]) -> int:
        """Keep the values whose lease still stands, and give their number."""
        fitting = [one for one in fills if _TOKEN.stop + len(one.payload) <= MOST_BYTES]
        if not fitting:
            return 0
        arguments = [part for fill in fitting for part in (fill.token, fill.payload)]
        return int(await self._keyvalue.run_script(_FILL, [one.key for one in fitting], arguments))

    async def forget(self, keys: Sequence[str]) -> None:
        """Take away values and leases."""
        await self._keyvalue.run("DEL", *keys)

    async def synchronize(self) -> None:
        """Trust nothing that was leased before this."""
        self._keyvalue.clock.connected(await self._keyvalue.run("TIME"))

    async def ping(self) -> None:
        """Have the server answer."""
        await self._keyvalue.run("PING")

    def _entry(self, stored: Reply) -> Entry | None:
        """What is stored, as an entry; None where it is none, or nothing."""
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
            is_trusted=clock.trusts(leased_at) and age_seconds <= self._lifetime_seconds,
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
