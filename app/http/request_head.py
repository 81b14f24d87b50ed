"""The head of a request, interpreted once for all requests that repeat it, and request ids."""

import os
import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

REQUEST_ID = b"x-request-id"
HEAD = "head"
"""Key of the `RequestHead` in the state of a request whose head was cached."""
_PROCESS, _numbers = os.urandom(8).hex(), count()
_ACCEPTABLE_ID = re.compile(rb"[A-Za-z0-9._:-]{8,128}")
_FORWARDED = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})
_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]([0-9a-f])"
)
"""https://www.w3.org/TR/trace-context/#traceparent-header"""


class RequestHead:
    """The header fields of a request, and what is derived from them before anything else.

    `options` is what the GraphQL endpoint reads of them, cached here.
    """

    __slots__ = ("fields", "is_forwarded", "offered_id", "options", "sampled", "trace_id")

    def __init__(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.fields: Mapping[bytes, bytes] = dict(reversed(headers))
        """By name; of several fields of one name, the first."""
        self.offered_id = self.fields.get(REQUEST_ID)
        self.is_forwarded = not _FORWARDED.isdisjoint(self.fields)
        """Whether a proxy passed the request on."""
        traceparent = self.fields.get(b"traceparent")
        named = None if traceparent is None else _TRACEPARENT.fullmatch(traceparent)
        self.trace_id = None if named is None else named[1].decode()
        """The id of the caller's trace, exported or not; None if it names none."""
        self.sampled = None if named is None else int(named[2], 16) % 2 == 1
        """Whether the caller samples its trace; None if it does not say, or is not followed."""
        # Any: it is the endpoint's own.
        self.options: Any = None


def request_id_from(offered: bytes | None) -> str:
    """The client's request id if it has a safe form, otherwise a new one."""
    if offered is not None and _ACCEPTABLE_ID.fullmatch(offered):
        return offered.decode()
    return f"{_PROCESS}{next(_numbers):016x}"
