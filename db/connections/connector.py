"""Connecting to PostgreSQL, with settings by which neither end waits forever for the other."""

import asyncio
import socket
from collections.abc import Mapping
from contextvars import Context
from random import uniform
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from db.connections.session import Session
from db.connections.timeouts import ConnectionTimeouts

if TYPE_CHECKING:
    from db.connections.session import Driver

_ALWAYS = {"application_name": "guidance-api", "timezone": "UTC"}
_KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 10_000}
"""TCP keepalive of our end: seconds until the first probe, seconds between probes, and their
number; and the milliseconds for which sent data may remain unacknowledged."""
_SERVER_KEEPALIVE = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "client_connection_check_interval": "1000",
}
"""The same for PostgreSQL's end, which also checks for a lost client while it runs a statement."""
_PLANS = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
"""Statements with array parameters would otherwise be planned each time: a generic plan assumes ten
elements, so PostgreSQL finds a custom plan for the given array cheaper. The generic plans are those
that the performance gate and `tests/db/queries/test_index_plans.py` check. A generic plan is also
thought to cost far more than it does where an index finds little of a large table, as in a search:
it would be compiled for longer than it runs."""
_SETTING_REFUSED = (
    asyncpg.ProtocolViolationError,
    asyncpg.UndefinedObjectError,
    asyncpg.InvalidParameterValueError,
)
"""Errors for settings that a pooler or an older server does not know, or that the server's
operating system does not support."""
_TARGET_OPTION, _WRITABLE = "target_session_attrs", SessionAttribute.read_write
_MIN_AGE_SHARE = 0.8
"""The share of the maximum age that every connection reaches."""


class Connector:
    """Connects to the database at `url`, and gives each session a time at which it expires.

    The lifetimes vary a little, so that connections are not all replaced at once.
    """

    def __init__(self, url: str, timeouts: ConnectionTimeouts, *, keeps_statements: bool) -> None:
        self._url = url
        self._timeouts = timeouts
        self._keeps_statements = keeps_statements
        parts = urlsplit(url)
        url_options = parse_qs(parts.query)
        has_several_hosts = "," in parts.netloc.rpartition("@")[2]
        # If the URL names several servers, the writable one, unless it asks for another.
        self._target = (
            _WRITABLE if has_several_hosts and _TARGET_OPTION not in url_options else None
        )
        settings = (
            _SERVER_KEEPALIVE
            | _PLANS
            | {
                "statement_timeout": _milliseconds(timeouts.statement_seconds),
                "idle_in_transaction_session_timeout": _milliseconds(timeouts.idle_seconds),
            }
        )
        self._settings = _ALWAYS
        if keeps_statements:
            missing = {name: settings[name] for name in settings if name not in url_options}
            self._settings = _ALWAYS | missing

    async def connect(self) -> Session:
        """Open a new session; raises the driver's errors."""
        try:
            driver = await self._driver(self._settings)
        except _SETTING_REFUSED:
            if self._settings == _ALWAYS:
                raise
            driver = await self._driver(_ALWAYS)
            self._settings = _ALWAYS
        session = Session(driver)
        _keep_alive(session.socket)
        age_seconds = self._timeouts.max_age_seconds * uniform(_MIN_AGE_SHARE, 1)  # noqa: S311 - no secret
        session.expires_at = session.connected_at + age_seconds
        return session

    async def _driver(self, settings: Mapping[str, str]) -> "Driver":
        translating_errors = asyncpg.connect(
            self._url,
            timeout=self._timeouts.connect_seconds,
            # Sessions keep prepared statements themselves; 0 makes the driver use unnamed ones.
            statement_cache_size=1 if self._keeps_statements else 0,
            server_settings=dict(settings),
            target_session_attrs=self._target,
        )
        # A connection's transport runs in the context that created it, for as long as it lives.
        # An empty context avoids keeping alive the request that happened to need it.
        return await asyncio.create_task(translating_errors, context=Context())


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))


# Any: as the session gives it.
def _keep_alive(peer: Any) -> None:
    """Enable TCP keepalive on the socket, as far as the operating system supports it."""
    if peer is None or peer.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        option = getattr(socket, name, None)
        if option is not None:
            peer.setsockopt(socket.IPPROTO_TCP, option, value)
