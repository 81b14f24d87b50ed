"""Registered texts that all instances share, in Redis."""

from typing import Any

from services.persisted.records import Bounds

_PREFIX = "guidance:persisted:"
_INDEX, _SIZES = f"{_PREFIX}index", f"{_PREFIX}sizes"
# An index by the time of registration bounds the number, and the sizes, with their sum, the bytes;
# those whose time is up leave first.
_SCRIPT = """
local id, text = ARGV[1], ARGV[2]
local lifetime, prefix = tonumber(ARGV[3]), ARGV[4]
local most, most_bytes = tonumber(ARGV[5]), tonumber(ARGV[6])
local index, sizes = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local function forget(ids)
  for _, one in ipairs(ids) do
    local size = tonumber(redis.call('HGET', sizes, one) or 0)
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
"""


class RedisTexts:
    """The texts in Redis; every method raises what the client raises when Redis is away."""

    # Any: what the client gives depends on how it was made, which its types do not tell.
    def __init__(self, redis: Any, bounds: Bounds) -> None:
        self._redis = redis
        self._bounds = bounds
        self._script = redis.register_script(_SCRIPT)

    async def get(self, id_: str) -> str | None:
        """The text, while it is kept."""
        text = await self._redis.get(_PREFIX + id_)
        return None if text is None else str(text, "utf-8")

    async def keep(self, id_: str, text: str) -> None:
        """Keep a text; one that is too long is not kept."""
        bounds = self._bounds
        if len(text) > bounds.characters:
            return
        most = (bounds.count, bounds.total_bytes)
        values = (id_, text.encode(), bounds.lifetime_seconds, _PREFIX, *most)
        await self._script(keys=[_INDEX, _SIZES], args=values)
