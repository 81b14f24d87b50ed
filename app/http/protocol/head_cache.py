"""A cache of parsed request heads, by their bytes.

A client sends the same head with each operation, except for the content length. The same bytes at
the start of a request are parsed to the same head.
"""

from dataclasses import dataclass
from typing import Any

from starlette.types import Scope

from app.http.graphql_route import GRAPHQL_PATH
from app.http.request_head import RequestHead

HEAD_CACHE = "remembered_heads"
"""Key of the server's `HeadCache` in the state that its requests share."""
_END = b"\r\n\r\n"
_LENGTHS = (b"\r\nContent-Length: ", b"\r\ncontent-length: ")
_LENGTH_BYTES = len(_LENGTHS[0])
_LONGEST = 4_096
_MOST_BYTES = 12 * 1024 * 1024
_ENTRY_KEY_COPIES, _ENTRY_FIXED_BYTES = 3, 4_200
"""Estimated memory of an entry: copies of its key, and a fixed part."""
_UNCACHEABLE_FIELDS = frozenset(
    {
        b"b3",
        b"expect",
        b"sentry-trace",
        b"traceparent",
        b"transfer-encoding",
        b"upgrade",
        b"x-request-id",
    }
)
"""Fields that differ with each request, and those that change how the body is read."""
_MOST_MISSES, _SAMPLE_EVERY = 1_000, 16
"""After so many heads without a hit, only one of `_SAMPLE_EVERY` is still cached."""


@dataclass(frozen=True, slots=True)
class CachedHead:
    """An accepted head: what the application gets of it."""

    scope: Scope
    head: RequestHead


class HeadCache:
    """The heads of a server's operations, bounded in bytes; the oldest is evicted first."""

    def __init__(self) -> None:
        self._entries: dict[bytes, CachedHead] = {}
        self.size_bytes = 0
        """Estimated memory of all entries."""
        self._misses = 0

    def find(self, data: bytes) -> tuple[CachedHead, bytes] | None:
        """The cached head that `data` starts with, and the body, which is the rest of `data`.

        None if the head is not cached, or its content length is not that of the rest.
        """
        end = data.find(_END)
        key = _without_length(data, end)
        known = self._entries.get(key) if key is not None else None
        if known is None:
            return None
        self._misses = 0
        return known, data[end + len(_END) :]

    def store(self, data: bytes, scope: Scope) -> RequestHead | None:
        """Cache the head of `data`, one whole accepted request, if it is likely to be repeated.

        Gives the cached head; None if it was not cached.
        """
        end = data.find(_END)
        key = _without_length(data, end)
        if key is None or key in self._entries:
            return None
        if end > _LONGEST or scope["path"] != GRAPHQL_PATH:
            return None
        self._misses += 1
        if self._misses > _MOST_MISSES and self._misses % _SAMPLE_EVERY:
            return None
        head = RequestHead(scope["headers"])
        if not _UNCACHEABLE_FIELDS.isdisjoint(head.fields):
            return None
        kept = {name: value for name, value in scope.items() if name != "state"}
        self._entries[key] = CachedHead(kept, head)
        self.size_bytes += _buffered(key)
        while self.size_bytes > _MOST_BYTES:
            oldest = next(iter(self._entries))
            del self._entries[oldest]
            self.size_bytes -= _buffered(oldest)
        return head


def _without_length(data: bytes, end: int) -> bytes | None:
    """The head up to `end` without its content length; None if that is not the body's."""
    for field in _LENGTHS:
        begin = data.find(field, 0, end)
        if begin >= 0:
            after = data.find(b"\r\n", begin + _LENGTH_BYTES)
            is_whole = data[begin + _LENGTH_BYTES : after] == b"%d" % (len(data) - end - len(_END))
            return data[:begin] + data[after:end] if is_whole else None
    return None


def _buffered(key: bytes) -> int:
    return _ENTRY_KEY_COPIES * len(key) + _ENTRY_FIXED_BYTES


# Any: the state that requests share is a dictionary of anything.
def head_cache_of(state: dict[str, Any]) -> HeadCache:
    """The server's own, from the state that its requests share; made when first asked for."""
    found: HeadCache | None = state.get(HEAD_CACHE)
    if found is None:
        found = state[HEAD_CACHE] = HeadCache()
    return found
