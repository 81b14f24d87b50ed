"""Redis as a cluster: primaries with an equal share of the slots, and a replica of each."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from redis import Redis

from perf.servers.cluster.service import Service, listens, wait_for
from perf.servers.cluster.site import Site

_SLOTS = 16_384
_SHARE = len(("first slot", "last slot", "primary", "replica"))
_OPTIONS = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000")


class Member(NamedTuple):
    """A server of a cluster, by its ports: for clients, and for the other servers."""

    port: int
    bus: int


def redis_members(site: Site, program: str, members: Sequence[Member]) -> list[Service]:
    """The servers of a cluster, which are to be joined."""
    return [
        Service(
            site.own_folder(f"redis-{number}"),
            site.guard,
            f"redis-{number}",
            [
                program,
                str(site.deploy / "redis" / "redis.conf"),
                *("--port", str(one.port), "--bind", "127.0.0.1", "--cluster-port", str(one.bus)),
                *_OPTIONS,
            ],
            is_ready=listens(one.port),
        )
        for number, one in enumerate(members, 1)
    ]


def join(primaries: Sequence[Member], replicas: Sequence[Member]) -> None:
    """Make running servers a cluster, and wait until each knows it.

    The replicas are those of the primaries, in order. Raises `ServiceFailed`.
    """
    first, *others = (*primaries, *replicas)
    share = -(-_SLOTS // len(primaries))
    for number, member in enumerate(primaries):
        last = min((number + 1) * share, _SLOTS) - 1
        with Redis(port=member.port) as node:
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", number * share, last)
            node.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
    for member in others:
        with Redis(port=member.port) as node:
            node.execute_command("CLUSTER", "MEET", "127.0.0.1", first.port, first.bus)
    for primary, replica in zip(primaries, replicas, strict=True):
        with Redis(port=primary.port) as node:
            id_ = node.execute_command("CLUSTER", "MYID").decode()
        with Redis(port=replica.port) as node:
            wait_for(partial(_knows, node, id_), "the servers of Redis do not meet")
            node.execute_command("CLUSTER", "REPLICATE", id_)
    for member in (first, *others):
        wait_for(
            partial(_is_whole, member.port, len(primaries)), "the cluster of Redis is not whole"
        )


def _knows(node: "Redis", id_: str) -> bool:
    return id_ in str(node.execute_command("CLUSTER", "NODES"))  # type: ignore[no-untyped-call]


def _is_whole(port: int, primaries: int) -> bool:
    with Redis(port=port) as node:
        slots = node.execute_command("CLUSTER", "SLOTS")
        state = node.execute_command("CLUSTER", "INFO")
        info = node.info("replication")
    replicated = info["role"] == "master" or info["master_link_status"] == "up"
    is_known = len(slots) == primaries and all(len(one) == _SHARE for one in slots)
    return b"cluster_state:ok" in state and replicated and is_known
