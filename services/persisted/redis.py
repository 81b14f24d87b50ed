"""Registered texts that all instances share, in Redis."""

from keyvalue import CommandRefused, KeyValueClient, Script
from metrics.keyvalue import unreadable
from services.operations.identifiers import hash_of
from services.persisted.records import Bounds

_PREFIX = "guidance:persisted:"
_INDEX = f"{_PREFIX}index"
_MOST_BYTES_A_CHARACTER = 4
# An index by the time of registration bounds the number; those whose time is up leave it first.
# An index that is none is begun anew.
_SCRIPT = Script("""
local id, text = ARGV[1], ARGV[2]
local lifetime, most, prefix = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('SET', prefix .. id, text, 'EX', lifetime)
if redis.call('TYPE', KEYS[1]).ok ~= 'zset' then redis.call('DEL', KEYS[1]) end
redis.call('ZADD', KEYS[1], string.format('%.6f', now), id)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.6f', now - lifetime))
redis.call('EXPIRE', KEYS[1], lifetime)
local over = redis.call('ZCARD', KEYS[1]) - most
if over > 0 then
  local oldest = redis.call('ZPOPMIN', KEYS[1], over)
  for place = 1, #oldest, 2 do redis.call('DEL', prefix .. oldest[place]) end
end
""")


class RedisTexts:
    """The texts in Redis; every method raises `KeyValueError`.

    What is found under a hash and has another one is nobody's text.
    """

    def __init__(self, keyvalue: KeyValueClient, bounds: Bounds) -> None:
        self._keyvalue = keyvalue
        self._bounds = bounds

    async def get(self, id_: str) -> str | None:
        """The text, while it is kept."""
        most_bytes = self._bounds.characters * _MOST_BYTES_A_CHARACTER
        try:
            found = await self._keyvalue.run("GETRANGE", _PREFIX + id_, 0, most_bytes)
        except CommandRefused:
            unreadable("persisted")
            return None
        return self._text(id_, found) if found else None

    async def keep(self, id_: str, text: str) -> None:
        """Keep a text; one that is too long is not kept."""
        bounds = self._bounds
        if len(text) > bounds.characters:
            return
        values = (id_, text.encode(), bounds.lifetime_seconds, bounds.count, _PREFIX)
        await self._keyvalue.run_script(_SCRIPT, [_INDEX], values)

    def _text(self, id_: str, found: bytes) -> str | None:
        try:
            text = found.decode()
        except UnicodeDecodeError:
            text = ""
        if hash_of(text) == id_:
            return text
        unreadable("persisted")
        return None
