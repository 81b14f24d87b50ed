"""Registered texts that all instances share, in Redis."""

from typing import Any

from services.persisted.records import Bounds

_PREFIX = "guidance:persisted:"
_INDEX = f"{_PREFIX}index"
# An index by the time of registration bounds the number; those whose time is up leave it first.
_SCRIPT = """
local id, text = ARGV[1], ARGV[2]
local lifetime, most, prefix = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('SET', prefix .. id, text, 'EX', lifetime)
redis.call('ZADD', KEYS[1], string.format('%.6f', now), id)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.6f', now - lifetime))
redis.call('EXPIRE', KEYS[1], lifetime)
local over = redis.call('ZCARD', KEYS[1]) - most
if over > 0 then
  local oldest = redis.call('ZPOPMIN', KEYS[1], over)
  for place = 1, #oldest, 2 do redis.call('DEL', prefix .. oldest[place]) end
end
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
        values = (id_, text.encode(), bounds.lifetime_seconds, bounds.count, _PREFIX)
        await self._script(keys=[_INDEX], args=values)
