"""What stands beside PostgreSQL: PgBouncer, and Redis with a replica and three sentinels."""

import os
from collections.abc import Sequence
from pathlib import Path

from perf.servers.cluster.postgres import USER, Passwords
from perf.servers.cluster.programs import LIBRARIES
from perf.servers.cluster.service import Service, listens
from perf.servers.cluster.site import Site

SENTINEL_SERVICE = "guidance"
"""As `sentinel.sh` names what it watches."""


def pooler(
    site: Site,
    program: str,
    *,
    port: int,
    primary: int,
    replica: int,
    passwords: Passwords,
    user: str | None,
) -> Service:
    """PgBouncer in transaction mode, before what answers at two ports; it refuses to be root."""
    return Service(
        site.own_folder("pgbouncer", user),
        site.guard,
        "pgbouncer",
        ["sh", str(site.deploy / "pgbouncer" / "start.sh")],
        is_ready=listens(port),
        environment={
            "PATH": f"{Path(program).parent}{os.pathsep}{os.environ['PATH']}",
            "LD_LIBRARY_PATH": LIBRARIES,
            "POSTGRES_USER": USER,
            "POSTGRES_PASSWORD": passwords.owner,
            "PRIMARY_HOST": "127.0.0.1",
            "PRIMARY_PORT": str(primary),
            "REPLICA_HOST": "127.0.0.1",
            "REPLICA_PORT": str(replica),
            "LISTEN_ADDRESS": "127.0.0.1",
            "LISTEN_PORT": str(port),
        },
        user=user,
    )


def redis_servers(site: Site, program: str, ports: Sequence[int]) -> list[Service]:
    """A master and, at the other ports, replicas of it, until sentinels say otherwise."""
    master, *_ = ports
    return [
        Service(
            site.own_folder(f"redis-{number}"),
            site.guard,
            f"redis-{number}",
            [
                program,
                str(site.deploy / "redis" / "redis.conf"),
                *("--port", str(port), "--bind", "127.0.0.1"),
                *(() if port == master else ("--replicaof", f"127.0.0.1 {master}")),
            ],
            is_ready=listens(port),
        )
        for number, port in enumerate(ports, 1)
    ]


def sentinels(site: Site, program: str, ports: Sequence[int], *, master: int) -> list[Service]:
    """Those who agree on which Redis is the master; at first the one at the port `master`."""
    return [
        Service(
            site.own_folder(f"sentinel-{number}"),
            site.guard,
            f"sentinel-{number}",
            ["sh", str(site.deploy / "redis" / "sentinel.sh")],
            is_ready=listens(port),
            environment={
                "REDIS_SERVER": program,
                "REDIS_HOST": "127.0.0.1",
                "REDIS_PORT": str(master),
                "LISTEN_ADDRESS": "127.0.0.1",
                "LISTEN_PORT": str(port),
            },
        )
        for number, port in enumerate(ports, 1)
    ]
