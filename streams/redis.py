"""Streams that every instance can follow, kept in Redis.

A piece is an entry of the Redis stream of its reply whose id is the piece's index, so that
reading after an index is reading after an id. A piece is added only to the one before it: what
Redis has lost is seen by its writer, who writes the stream anew, and never leaves a hole.
"""

from collections.abc import Sequence

from keyvalue import Argument, CommandRefused, KeyValueClient, Reply, Script
from streams.records import Delta

KEPT_SECONDS = 600
"""How long a stream is kept that is not ended, after its last entry."""
ENDED_KEPT_SECONDS = 60
"""How long a stream can be followed after its end, when its text is stored anyway."""
BEGIN, TEXT, END = b"begin", b"text", b"end"
_MOST_ENTRIES = 1_000
"""How many entries of each stream are read at once."""
# Both answer 1 where they wrote, -1 where the stream has ended, and 0 where what is there does not
# end with the piece before.
_WRITE = Script("""
local last = redis.pcall('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if ARGV[2] == '1' and last[1] and last[1][2][1] == 'end' then return -1 end
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[1], '0-1', 'begin', '')
for index = 3, #ARGV do redis.call('XADD', KEYS[1], (index - 2) .. '-0', 'text', ARGV[index]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
""")
_APPEND = Script("""
local last = redis.pcall('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if last[1] and last[1][2][1] == 'end' then return -1 end
if not last[1] or last[1][1] ~= ARGV[2] then return 0 end
redis.call('XADD', KEYS[1], ARGV[3], 'text', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
""")
_END = Script("""
if redis.call('TYPE', KEYS[1]).ok ~= 'stream' then redis.call('DEL', KEYS[1]) end
redis.call('XADD', KEYS[1], '*', 'end', '')
redis.call('EXPIRE', KEYS[1], ARGV[1])
""")

_FORGET = Script("""
if redis.call('DEL', KEYS[1]) == 1 then
  redis.call('XADD', KEYS[1], '*', 'end', '')
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
""")


class StreamEnded(Exception):
    """Somebody else has ended the stream, since its writer was taken for dead."""


class RedisStreams:
    """Writes streams for every instance; every method may raise `KeyValueError`."""

    def __init__(self, keyvalue: KeyValueClient) -> None:
        self._keyvalue = keyvalue

    async def write(self, reply_id: int, pieces: Sequence[str], *, is_again: bool) -> None:
        """Make the stream with what there is of the reply, in place of whatever is there.

        So one of the same name goes that another database left behind. Where it `is_again` that
        the stream is written, raises `StreamEnded`.
        """
        arguments: list[Argument] = [KEPT_SECONDS, int(is_again)]
        arguments += [piece.encode() for piece in pieces]
        _require_open(await self._keyvalue.run_script(_WRITE, [key(reply_id)], arguments))

    async def append(self, reply_id: int, delta: Delta) -> bool:
        """Add the next piece; False where the piece before it is not the last one there.

        Raises `StreamEnded`.
        """
        before = f"{delta.index - 1}-0" if delta.index > 1 else "0-1"
        arguments: list[Argument] = [KEPT_SECONDS, before, f"{delta.index}-0", delta.text.encode()]
        added = await self._keyvalue.run_script(_APPEND, [key(reply_id)], arguments)
        _require_open(added)
        return bool(added)

    async def end(self, reply_id: int) -> None:
        """Say that nothing follows."""
        await self._keyvalue.run_script(_END, [key(reply_id)], [ENDED_KEPT_SECONDS])

    async def forget(self, reply_ids: Sequence[int]) -> None:
        """Put an empty stream that has ended in the place of each that is there.

        Its writer, if it still has one, can add nothing to that.
        """
        for reply_id in reply_ids:
            await self._keyvalue.run_script(_FORGET, [key(reply_id)], [KEPT_SECONDS])

    async def has(self, reply_id: int) -> bool:
        """Whether there is a stream of the reply."""
        try:
            return bool(await self._keyvalue.run("XLEN", key(reply_id)))
        except CommandRefused:
            return False

    async def read(self, positions: dict[int, bytes], *, blocks_seconds: float) -> Reply:
        """Give what follows the positions in streams, or None after a while without anything."""
        command: list[Argument] = ["XREAD", "COUNT", _MOST_ENTRIES]
        command += ["BLOCK", round(blocks_seconds * 1000), "STREAMS"]
        command += [key(reply_id) for reply_id in positions]
        command += positions.values()
        return await self._keyvalue.wait(*command, blocks_seconds=blocks_seconds)


def _require_open(answer: int) -> None:
    if answer < 0:
        raise StreamEnded


def key(reply_id: int) -> bytes:
    """Where the stream of a reply is."""
    return b"guidance:reply:%d" % reply_id


def reply_id_of(key: bytes) -> int:
    """The reply whose stream is there."""
    return int(key.rpartition(b":")[2])
