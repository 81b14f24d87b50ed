"""Heads of operations that come again and again: the same bytes need not be parsed twice.

A client sends the same head with each operation, but for the length of the body. What the parser
said of it the first time is true of the same bytes again, at the same place of a connection.
"""

from dataclasses import dataclass
from typing import Any

from starlette.types import Scope

from app.direct import GRAPHQL_PATH
from app.request_head import RequestHead

HEAD_CACHE = "remembered_heads"
"""Key of the server's `RememberedHeads` in the state that its requests share."""
_END = b"\r\n\r\n"
_LENGTHS = (b"\r\nContent-Length: ", b"\r\ncontent-length: ")
_LENGTH_BYTES = len(_LENGTHS[0])
_LONGEST = 4_096
_MOST_BYTES = 12 * 1024 * 1024
_HELD_TIMES, _HELD_BYTES = 3, 4_200
"""What is held of a head: so often its length, and what does not depend on it."""
_NEVER_AGAIN = frozenset(
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
"""Fields that differ with each request, and those that change how its body comes."""
_MOST_IN_VAIN, _SAMPLE_EVERY = 1_000, 16
"""After so many heads of which none has come again, only one of several is kept."""


@dataclass(frozen=True, slots=True)
class RememberedHead:
    """A head that was accepted: what the application is given of it."""

    scope: Scope
    head: RequestHead


class RememberedHeads:
    """The heads of one server's operations, bounded in bytes; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._entries: dict[bytes, RememberedHead] = {}
        self.size_bytes = 0
        """What all of them hold, as it is reckoned."""
        self._misses = 0

    def find(self, data: bytes) -> tuple[RememberedHead, bytes] | None:
        """The head that `data` begins with, and the body that is all the rest of it.

        None where it is not known, or a body of another length was announced.
        """
        end = data.find(_END)
        key = _without_length(data, end)
        known = self._entries.get(key) if key is not None else None
        if known is None:
            return None
        self._misses = 0
        return known, data[end + len(_END) :]

    def store(self, data: bytes, scope: Scope) -> RequestHead | None:
        """Remember the head of a request that came whole in `data`, if it may come again.

        It was accepted by the parser and by us, and its connection stays open. Gives what is held
        of it from now on, where it is remembered.
        """
        end = data.find(_END)
        key = _without_length(data, end)
        if key is None or key in self._entries:
            return None
        if end > _LONGEST or scope["path"] != GRAPHQL_PATH:
            return None
        self._misses += 1
        if self._misses > _MOST_IN_VAIN and self._misses % _SAMPLE_EVERY:
            return None
        head = RequestHead(scope["headers"])
        if not _NEVER_AGAIN.isdisjoint(head.fields):
            return None
        kept = {name: value for name, value in scope.items() if name != "state"}
        self._entries[key] = RememberedHead(kept, head)
        self.size_bytes += _buffered(key)
        while self.size_bytes > _MOST_BYTES:
            oldest = next(iter(self._entries))
            del self._entries[oldest]
            self.size_bytes -= _buffered(oldest)
        return head


def _without_length(data: bytes, end: int) -> bytes | None:
    """A head that ends there, without the field for the length; None where that is another."""
    for field in _LENGTHS:
        begin = data.find(field, 0, end)
        if begin >= 0:
            after = data.find(b"\r\n", begin + _LENGTH_BYTES)
            is_whole = data[begin + _LENGTH_BYTES : after] == b"%d" % (len(data) - end - len(_END))
            return data[:begin] + data[after:end] if is_whole else None
    return None


def _buffered(key: bytes) -> int:
    return _HELD_TIMES * len(key) + _HELD_BYTES


# Any: the state that requests share is a dictionary of anything.
def heads_of(state: dict[str, Any]) -> RememberedHeads:
    """Those of a server, in the state that its requests share."""
    found: RememberedHeads | None = state.get(HEAD_CACHE)
    if found is None:
        found = state[HEAD_CACHE] = RememberedHeads()
    return found
