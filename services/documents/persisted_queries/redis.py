"""Persisted queries in Redis, shared by all instances."""

from keyvalue import CommandRefused, KeyValue, Script
from metrics.keyvalue import unreadable
from services.documents.identifiers import hash_of
from services.documents.persisted_queries.records import TextLimits

# In braces is what Redis Cluster goes by: a script may change what is on one server.
_PREFIX = "guidance:{persisted}:"
_INDEX, _SIZES = f"{_PREFIX}index", f"{_PREFIX}sizes"
_MOST_BYTES_PER_CHARACTER = 4
# A sorted set by registration time limits the number of texts; a hash of sizes, with their sum,
# limits the bytes. Expired texts are deleted first. What is no index is begun anew.
_SCRIPT = Script("""
local id, text = ARGV[1], ARGV[2]
local lifetime, prefix = tonumber(ARGV[3]), ARGV[4]
local most, most_bytes = tonumber(ARGV[5]), tonumber(ARGV[6])
local index, sizes = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local total = redis.pcall('HGET', sizes, 'total')
if redis.call('TYPE', index).ok ~= 'zset' or type(total) ~= 'string'
    or not string.find(total, '^%d+$') or #total > 15 then
  redis.call('DEL', index, sizes)
end
local function forget(ids)
  for _, one in ipairs(ids) do
    local size = tonumber(redis.call('HGET', sizes, one) or 0) or 0
    redis.call('HINCRBY', sizes, 'total', string.format('%d', -size))
    redis.call('HDEL', sizes, one)
    redis.call('ZREM', index, one)
    redis.call('DEL', prefix .. one)
  end
end
forget({id})
redis.call('SET', prefix .. id, text, 'EX', lifetime)
redis.call('ZADD', index, string.format('%.6f', now), id)
redis.call('HSET', sizes, id, #text)
redis.call('HINCRBY', sizes, 'total', #text)
forget(redis.call('ZRANGEBYSCORE', index, '-inf', string.format('%.6f', now - lifetime)))
while redis.call('ZCARD', index) > most
    or (redis.call('ZCARD', index) > 0
      and tonumber(redis.call('HGET', sizes, 'total')) > most_bytes) do
  forget(redis.call('ZRANGE', index, 0, 0))
end
redis.call('EXPIRE', index, lifetime)
redis.call('EXPIRE', sizes, lifetime)
""")


class RedisTextStore:
    """The texts in Redis; every method raises `KeyValueError`.

    A text that does not have the hash it is stored under is ignored.
    """

    def __init__(self, keyvalue: KeyValue, limits: TextLimits) -> None:
        self._keyvalue = keyvalue
        self._limits = limits

    async def get(self, id_: str) -> str | None:
        """The text; None if it is not stored, or has expired."""
        most_bytes = self._limits.characters * _MOST_BYTES_PER_CHARACTER
        try:
            found = await self._keyvalue.run("GETRANGE", _PREFIX + id_, 0, most_bytes)
        except CommandRefused:
            unreadable("persisted")
            return None
        return self._text(id_, found) if found else None

    async def put(self, id_: str, text: str) -> None:
        """Store a text, unless it is too long."""
        limits = self._limits
        if len(text) > limits.characters:
            return
        most = (limits.count, limits.total_bytes)
        values = (id_, text.encode(), limits.lifetime_seconds, _PREFIX, *most)
        await self._keyvalue.run_script(_SCRIPT, [_INDEX, _SIZES], values)

    def _text(self, id_: str, found: bytes) -> str | None:
        try:
            text = found.decode()
        except UnicodeDecodeError:
            text = ""
        if hash_of(text) == id_:
            return text
        unreadable("persisted")
        return None
