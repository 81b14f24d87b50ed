"""Streams in Redis, which every instance can follow.

A reply has one Redis stream; the id of an entry is the index of its piece, so reading after an
index is reading after an id. A piece is added only directly after its predecessor. If Redis has
lost entries, the writer notices and writes the stream again, so there are never gaps.

A reply may have several writers, one after another. The id of the first entry is `0-` and the
number of the writer that began the stream, and no earlier writer changes it any more.
"""

from collections.abc import Sequence

from keyvalue import Argument, CommandRefused, KeyValue, Reply, Script
from streams.records import Delta

OPEN_SECONDS = 600
"""How long a stream that has not ended is kept after its last entry."""
ENDED_SECONDS = 60
"""How long a stream can be followed after its end; its text is stored by then."""
BEGIN, TEXT, END = b"begin", b"text", b"end"
ANY_WRITER = 2**31
"""The number of no writer, later than all."""
_GROUPS = 8
_MOST_ENTRIES = 1_000
"""How many entries of each stream are read at once."""
_BEGUN_BY = """
local first = redis.pcall('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
local begun_by = 0
if first[1] and first[1][2][1] == 'begin' then
  begun_by = tonumber(string.match(first[1][1], '^0%-(%d+)$') or 0)
end
local is_taken_over = begun_by > tonumber(ARGV[2])
local last = redis.pcall('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
"""
# Both return 1 if they wrote, -1 if the stream has ended or has a later writer, and 0 if its last
# entry is not the preceding piece.
_WRITE = Script(
    _BEGUN_BY
    + """
if ARGV[3] == '1' then
  if is_taken_over or (last[1] and last[1][2][1] == 'end') then return -1 end
end
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[1], '0-' .. ARGV[2], 'begin', '')
for index = 4, #ARGV do redis.call('XADD', KEYS[1], (index - 3) .. '-0', 'text', ARGV[index]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
"""
)
_APPEND = Script(
    _BEGUN_BY
    + """
if is_taken_over or (last[1] and last[1][2][1] == 'end') then return -1 end
if not last[1] or last[1][1] ~= ARGV[3] then return 0 end
redis.call('XADD', KEYS[1], ARGV[4], 'text', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
"""
)
_END = Script(
    """
if redis.call('TYPE', KEYS[1]).ok ~= 'stream' then redis.call('DEL', KEYS[1]) end
"""
    + _BEGUN_BY
    + """
if is_taken_over then return -1 end
redis.call('XADD', KEYS[1], '*', 'end', '')
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
"""
)
_FORGET = Script("""
if redis.call('DEL', KEYS[1]) == 1 then
  redis.call('XADD', KEYS[1], '*', 'end', '')
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
""")


class StreamEnded(Exception):
    """Another process has ended the stream, or goes on with it: it took the writer for dead."""


class RedisStreams:
    """Reads and writes the streams in Redis; every method may raise `KeyValueError`."""

    def __init__(self, keyvalue: KeyValue) -> None:
        self._keyvalue = keyvalue

    async def write(
        self, reply_id: int, writer: int, pieces: Sequence[str], *, is_rewrite: bool
    ) -> None:
        """Write the whole stream of a reply so far, replacing what is under its key.

        That also replaces the stream of a reply with the same id from another database. If the
        stream is being rewritten (`is_rewrite`), raises `StreamEnded` if it was ended elsewhere, or
        a later writer has begun it.
        """
        arguments: list[Argument] = [OPEN_SECONDS, writer, int(is_rewrite)]
        arguments += [piece.encode() for piece in pieces]
        _require_open(await self._keyvalue.run_script(_WRITE, [stream_key(reply_id)], arguments))

    async def append(self, reply_id: int, writer: int, delta: Delta) -> bool:
        """Add the next piece; False if the last entry is not the preceding piece.

        Raises `StreamEnded`.
        """
        before = f"{delta.index - 1}-0" if delta.index > 1 else f"0-{writer}"
        arguments: list[Argument] = [OPEN_SECONDS, writer, before, f"{delta.index}-0"]
        arguments.append(delta.text.encode())
        added = await self._keyvalue.run_script(_APPEND, [stream_key(reply_id)], arguments)
        _require_open(added)
        return bool(added)

    async def end(self, reply_id: int, writer: int = ANY_WRITER) -> None:
        """End the stream, unless a later writer has begun it."""
        await self._keyvalue.run_script(_END, [stream_key(reply_id)], [ENDED_SECONDS, writer])

    async def leave(self, reply_id: int) -> None:
        """Keep the stream no longer than one that has ended, unless somebody goes on with it."""
        await self._keyvalue.run("EXPIRE", stream_key(reply_id), ENDED_SECONDS)

    async def forget(self, reply_ids: Sequence[int]) -> None:
        """Replace each stream that exists by an empty one that has ended.

        A writer that is still running can add nothing to it.
        """
        for reply_id in reply_ids:
            await self._keyvalue.run_script(_FORGET, [stream_key(reply_id)], [OPEN_SECONDS])

    async def has(self, reply_id: int) -> bool:
        """Whether the reply has a stream."""
        try:
            return bool(await self._keyvalue.run("XLEN", stream_key(reply_id)))
        except CommandRefused:
            return False

    def lane_of(self, reply_id: int) -> int:
        """Streams of one lane can be read together."""
        return self._keyvalue.lane_of(stream_key(reply_id))

    async def read(self, positions: dict[int, bytes], *, block_seconds: float, lane: int) -> Reply:
        """The entries after these positions of one lane; None if none arrive meanwhile."""
        command: list[Argument] = ["XREAD", "COUNT", _MOST_ENTRIES]
        command += ["BLOCK", round(block_seconds * 1000), "STREAMS"]
        command += [stream_key(reply_id) for reply_id in positions]
        command += positions.values()
        return await self._keyvalue.run_blocking(*command, block_seconds=block_seconds, lane=lane)


def _require_open(answer: int) -> None:
    if answer < 0:
        raise StreamEnded


def group_of(reply_id: int) -> int:
    """Which streams are read together: in Redis Cluster, those on one server."""
    return reply_id % _GROUPS


def stream_key(reply_id: int) -> bytes:
    """The Redis key of a reply's stream."""
    return b"guidance:reply:{%d}:%d" % (group_of(reply_id), reply_id)


def reply_id_of(key: bytes) -> int:
    """The reply id in the Redis key of a stream."""
    return int(key.rpartition(b":")[2])
