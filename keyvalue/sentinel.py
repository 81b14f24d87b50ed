"""Redis behind Sentinels, which know its primary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from redis.asyncio import ConnectionPool
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool

SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
_PORT = 26_379


class _Connections(SentinelConnectionPool):
    """Connections to the primary, which leave none to a Sentinel open."""

    async def get_master_address(self) -> tuple[str, int]:
        """Ask the Sentinels where the primary is."""
        try:
            return await super().get_master_address()  # type: ignore[no-any-return, no-untyped-call]
        finally:
            for sentinel in self.sentinel_manager.sentinels:
                await sentinel.connection_pool.disconnect(inuse_connections=False)


@dataclass(frozen=True, slots=True)
class SentinelUrl:
    """What `redis+sentinel://user:password@host:port,host:port/service/database` says.

    User and password are those of the servers and of the Sentinels.
    """

    sentinels: Sequence[tuple[str, int]]
    service: str
    options: Mapping[str, Any]  # Any: as redis-py has them

    @classmethod
    def parse(cls, url: str) -> Self | None:
        """Read a URL; None if it is of another scheme. Raises `ValueError`."""
        scheme, _, rest = url.partition("://")
        if scheme not in SENTINEL_SCHEMES:
            return None
        # By hand: the standard library refuses an IPv6 address after another host.
        place, _, path = rest.partition("/")
        account, _, hosts = place.rpartition("@")
        user, _, password = account.partition(":")
        service, _, database = path.strip("/").partition("/")
        if not service:
            raise ValueError("must name the service: redis+sentinel://host:26379/service")
        options = {
            "username": unquote(user) or None,
            "password": unquote(password) or None,
            "ssl": scheme == SENTINEL_SCHEMES[1],
        }
        return cls(
            [_place(host) for host in hosts.split(",")],
            service,
            {**{key: value for key, value in options.items() if value}, "db": int(database or 0)},
        )

    def pool(self, connect_seconds: float, options: Mapping[str, Any]) -> ConnectionPool:
        """The pool whose connections ask the Sentinels where the primary is."""
        own = {key: value for key, value in self.options.items() if key != "db"}
        asked = {"socket_timeout": connect_seconds, "socket_connect_timeout": connect_seconds}
        asked["retry"] = options["retry"]
        manager = Sentinel(self.sentinels, sentinel_kwargs={**own, **asked})  # type: ignore[no-untyped-call]
        return _Connections(self.service, manager, **self.options, **options)  # type: ignore[no-untyped-call]


def _place(host: str) -> tuple[str, int]:
    parts = urlsplit(f"//{host}")
    if not parts.hostname:
        raise ValueError("must name the Sentinels: redis+sentinel://host:26379/service")
    return parts.hostname, parts.port or _PORT
