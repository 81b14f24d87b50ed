"""Whose decision about tracing is followed: that of programs of ours, not that of any client.

A traced request costs more: its time is accounted for, its statements are not kept prepared, and
what is exported fills a queue that all share. So a public client may name its trace, and no more.
"""

from collections.abc import Callable, Container, Mapping

from starlette.types import Scope


class TraceCallers:
    """Callers at known addresses, and those that `is_router` knows by their header fields.

    The address is the peer's: what a proxy has made of `X-Forwarded-For` says nothing of who
    wrote `traceparent`.
    """

    def __init__(
        self, peers: Container[object], is_router: Callable[[Mapping[bytes, bytes]], bool]
    ) -> None:
        self._peers = peers
        self._is_router = is_router

    def include(self, scope: Scope, fields: Mapping[bytes, bytes]) -> bool:
        """Whether the sampled flag of a request is followed."""
        client = scope.get("client")
        return (client is not None and client[0] in self._peers) or self._is_router(fields)
