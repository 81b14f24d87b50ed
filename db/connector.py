"""How connections to PostgreSQL are made, so that neither end waits for ever for the other."""

import asyncio
import socket
from collections.abc import Mapping
from contextvars import Context
from random import uniform
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from db.bounds import Bounds
from db.session import Session

if TYPE_CHECKING:
    from db.session import Driver

_ALWAYS = {"application_name": "guidance-api", "timezone": "UTC"}
_KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 10_000}
"""Seconds until an idle peer is asked whether it is there, between the questions, how many of
them; and the milliseconds for which what was sent may stay without an acknowledgement."""
_AT_THE_SERVER = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "client_connection_check_interval": "1000",
}
"""The same at the other end, which also looks whether its client is there while it works."""
_PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan"}
"""A statement with an array is otherwise planned each time: PostgreSQL takes any array for one of
ten elements, and finds that a plan for the one at hand is worth the planning. The plans for any
values are those that the gate and `tests/db/test_index_plans.py` hold statements to."""
_NOT_TAKEN = (
    asyncpg.ProtocolViolationError,
    asyncpg.UndefinedObjectError,
    asyncpg.InvalidParameterValueError,
)
"""How settings are refused by a pooler or an older server that does not know them, and by a server
whose operating system has no such option."""
_TARGET, _WRITABLE = "target_session_attrs", SessionAttribute.read_write
_YOUNGEST = 0.8
"""The part of the greatest age that every connection may reach."""


class Connector:
    """Connects to the database at `url`; no connection is used longer than its greatest age.

    Some are used a little less, so that they are not replaced all at once.
    """

    def __init__(self, url: str, bounds: Bounds, *, keeps_statements: bool) -> None:
        self._url = url
        self._bounds = bounds
        self._keeps_statements = keeps_statements
        parts = urlsplit(url)
        asked_for = parse_qs(parts.query)
        has_choice = "," in parts.netloc.rpartition("@")[2]
        # Of several servers the one that takes writes, unless the URL asks for another.
        self._target = _WRITABLE if has_choice and _TARGET not in asked_for else None
        own = (
            _AT_THE_SERVER
            | _PLANNED_ONCE
            | {
                "statement_timeout": _milliseconds(bounds.longest_seconds),
                "idle_in_transaction_session_timeout": _milliseconds(bounds.idle_seconds),
            }
        )
        self._settings = _ALWAYS
        if keeps_statements:
            kept = {name: own[name] for name in own if name not in asked_for}
            self._settings = _ALWAYS | kept

    async def connect(self) -> Session:
        """A new session; raises what the driver does."""
        try:
            driver = await self._driver(self._settings)
        except _NOT_TAKEN:
            if self._settings == _ALWAYS:
                raise
            driver = await self._driver(_ALWAYS)
            self._settings = _ALWAYS
        session = Session(driver)
        _keep_alive(session.socket)
        age_seconds = self._bounds.max_age_seconds * uniform(_YOUNGEST, 1)  # noqa: S311 - no secret
        session.expires_at = session.connected_at + age_seconds
        return session

    async def _driver(self, settings: Mapping[str, str]) -> "Driver":
        connecting = asyncpg.connect(
            self._url,
            timeout=self._bounds.connect_seconds,
            # A session keeps its own; with 0 the driver gives them no name on the server.
            statement_cache_size=1 if self._keeps_statements else 0,
            server_settings=dict(settings),
            target_session_attrs=self._target,
        )
        # The connection is read in the context in which it was made for as long as it lives: were
        # that the request's that happened to need it, all of the request would be kept.
        return await asyncio.create_task(connecting, context=Context())


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))


# Any: as the session gives it.
def _keep_alive(peer: Any) -> None:
    """Have the operating system notice a peer that is gone, as far as it can."""
    if peer is None or peer.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        option = getattr(socket, name, None)
        if option is not None:
            peer.setsockopt(socket.IPPROTO_TCP, option, value)
