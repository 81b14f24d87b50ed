"""Which server of a cluster has which keys."""

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from redis.crc import key_slot

from keyvalue.connection import Reply, connections
from keyvalue.errors import ConnectionFailed
from keyvalue.timeout import LoopAwareTimeout

CLUSTER_SCHEMES = ("redis+cluster", "rediss+cluster")
_SLOTS = 16_384


@dataclass(frozen=True, slots=True)
class Topology:
    """The ranges of slots in order: where each begins, where it ends, and the server's URL."""

    first: Sequence[int] = ()
    last: Sequence[int] = ()
    urls: Sequence[str] = ()
    servers: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, answer: Reply, asked: str) -> Self:
        """From the answer to CLUSTER SLOTS of the server at `asked`."""
        ranges = sorted(
            (one[0], one[1], beside(asked, _text(one[2][0]), one[2][1])) for one in answer
        )
        first, last, urls = zip(*ranges, strict=True) if ranges else ((), (), ())
        return cls(first, last, urls, frozenset(urls))

    def server_of(self, key: str | bytes) -> str | None:
        """The URL of the server that has a key; None if no server has its slot."""
        slot = key_slot(key if isinstance(key, bytes) else key.encode())
        place = bisect_right(self.first, slot) - 1
        return self.urls[place] if place >= 0 and slot <= self.last[place] else None

    def key_at(self, url: str) -> str:
        """A key for probes that the server at this URL has, if it has any."""
        names = (f"guidance:probe:{number}" for number in range(_SLOTS))
        return next((name for name in names if self.server_of(name) == url), "guidance:probe")


def server_urls(url: str) -> tuple[str, ...]:
    """The URLs of the servers named in `redis+cluster://user:password@host:port,host:port`."""
    # By hand: the standard library refuses an IPv6 address after another host.
    scheme, _, rest = url.partition("://")
    places, mark, query = rest.partition("?")
    account, at, hosts = places.partition("/")[0].rpartition("@")
    # The only database of a cluster is 0.
    return tuple(
        f"{scheme.removesuffix('+cluster')}://{account}{at}{host}{mark}{query}"
        for host in hosts.split(",")
    )


async def read_topology(urls: Sequence[str], timeout_seconds: float) -> Topology | None:
    """Ask one server after another, until one knows; None if none does in time."""
    for url in urls:
        (connection,) = connections(url, 1, connect_seconds=timeout_seconds)
        with suppress(ConnectionFailed, TimeoutError):
            try:
                async with LoopAwareTimeout(timeout_seconds):
                    await connection.open()
                    packed = connection.pack([("CLUSTER", "SLOTS")])
                    (answer,) = await connection.exchange(packed, 1)
            finally:
                await connection.close()
            if isinstance(answer, list) and answer:
                return Topology.of(answer, url)
    return None


def beside(asked: str, host: str, port: int) -> str:
    """The URL of a server, reached like the one that was asked, which may not know its own name."""
    parts = urlsplit(asked)
    name = host or str(parts.hostname)
    account, at, _ = parts.netloc.rpartition("@")
    place = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    return parts._replace(netloc=f"{account}{at}{place}").geturl()


def _text(host: bytes | None) -> str:
    return host.decode() if host else ""
