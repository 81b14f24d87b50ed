"""The whole topology: what is started, in which order, and how its parts find each other."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from secrets import token_hex

from db.schema.migration import migrate
from perf.servers.cluster.balancer import balancer
from perf.servers.cluster.instances import instance, is_ready, worker
from perf.servers.cluster.postgres import (
    DATABASE,
    USER,
    Passwords,
    PostgresServer,
    primary,
    standby,
)
from perf.servers.cluster.programs import programs
from perf.servers.cluster.redis_cluster import Member, join, redis_members
from perf.servers.cluster.service import Service, free_ports, wait_for
from perf.servers.cluster.site import Site, open_site
from perf.servers.cluster.stores import SENTINEL_SERVICE, pooler, redis_servers, sentinels

MOST_INSTANCES = 3
PROGRAMS = ("haproxy", "pgbouncer", "redis-server")
_PUBLIC = "PUBLIC"
_PLACES = (
    "BALANCER_COMMANDS",
    *("PRIMARY", "REPLICA", "POSTGRES_1", "POSTGRES_2", "POOLER"),
)


class RedisTopology(StrEnum):
    """How the servers of Redis stand in for each other."""

    SENTINEL = "sentinel"
    """One with a replica, and three Sentinels that say which of them is the primary."""
    CLUSTER = "cluster"
    """Three primaries that share the keys, and a replica of each."""


_PLACES_OF_REDIS = {
    RedisTopology.SENTINEL: (
        *("REDIS_1", "REDIS_2"),
        *("SENTINEL_1", "SENTINEL_2", "SENTINEL_3"),
    ),
    RedisTopology.CLUSTER: tuple(
        f"{kind}_{number}" for kind in ("REDIS", "BUS") for number in range(1, 7)
    ),
}
_PRIMARIES = 3


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running one, whose services can be stopped, killed and started again.

    `environment` is that of the instances: commands that have it work on what they work on.
    """

    url: str
    environment: Mapping[str, str]
    places: Mapping[str, int]
    instances: tuple[Service, ...]
    worker: Service
    primary: PostgresServer
    standby: PostgresServer
    services: Mapping[str, Service]


@contextmanager
def running_cluster(
    folder: Path,
    *,
    model_url: str,
    instances: int = MOST_INSTANCES,
    port: int = 0,
    retries: int = 2,
    redis: RedisTopology = RedisTopology.SENTINEL,
) -> Iterator[Cluster]:
    """Run one in an empty folder until the block is left; `port` is where clients ask.

    `retries` is how often HAProxy tries again to connect to an instance. Raises `ProgramsMissing`,
    and `ServiceFailed` where a part does not come up. All that was started ends with the block,
    and with this process where that is killed.
    """
    found = programs(*PROGRAMS)
    places = _places(instances, port, redis)
    passwords = Passwords(owner=token_hex(16), replication=token_hex(16))
    environment = _environment(folder, places, passwords, model_url, redis)
    with open_site(folder) as site:
        first = primary(site, places["POSTGRES_1"], passwords)
        migrate(first.url)
        second = standby(site, places["POSTGRES_2"], passwords, first)
        _run_redis(site, found["redis-server"], places, redis)
        _run_pooler(site, found["pgbouncer"], places, passwords, user=first.user)
        site.run(balancer(site, found["haproxy"], places=places, retries=retries))
        serving = tuple(
            instance(site, number, places[f"INSTANCE_{number}"], environment)
            for number in range(1, instances + 1)
        )
        working = worker(site, environment)
        site.run(*serving, working)
        url = f"http://127.0.0.1:{places[_PUBLIC]}"
        wait_for(lambda: is_ready(url), f"HAProxy leads nowhere: see {folder}")
        yield Cluster(
            url=url,
            environment=environment,
            places=places,
            instances=serving,
            worker=working,
            primary=first,
            standby=second,
            services=site.services,
        )


def _places(instances: int, port: int, redis: RedisTopology) -> dict[str, int]:
    serving = (f"INSTANCE_{number}" for number in range(1, instances + 1))
    names = (_PUBLIC, *_PLACES, *_PLACES_OF_REDIS[redis], *serving)
    places = dict(zip(names, free_ports(len(names)), strict=True))
    return places | ({_PUBLIC: port} if port else {})


def _run_redis(site: Site, program: str, places: Mapping[str, int], redis: RedisTopology) -> None:
    ports = _numbered("REDIS", places)
    if redis is RedisTopology.SENTINEL:
        site.run(
            *redis_servers(site, program, ports),
            *sentinels(site, program, _numbered("SENTINEL", places), master=ports[0]),
        )
        return
    members = [Member(*one) for one in zip(ports, _numbered("BUS", places), strict=True)]
    site.run(*redis_members(site, program, members))
    join(members[:_PRIMARIES], members[_PRIMARIES:])


def _run_pooler(
    site: Site,
    program: str,
    places: Mapping[str, int],
    passwords: Passwords,
    *,
    user: str | None,
) -> None:
    site.run(
        pooler(
            site,
            program,
            port=places["POOLER"],
            primary=places["PRIMARY"],
            replica=places["REPLICA"],
            passwords=passwords,
            user=user,
        )
    )


def _numbered(kind: str, places: Mapping[str, int]) -> list[int]:
    return [port for name, port in places.items() if name.startswith(f"{kind}_")]


def _environment(
    folder: Path,
    places: Mapping[str, int],
    passwords: Passwords,
    model_url: str,
    redis: RedisTopology,
) -> dict[str, str]:
    pooled = f"postgresql://{USER}:{passwords.owner}@127.0.0.1:{places['POOLER']}/{DATABASE}"
    return {
        "APP_ENV": "production",
        "DATABASE_URL": pooled,
        "DATABASE_REPLICA_URL": f"{pooled}_replica",
        "DATABASE_POOLER": "transaction",
        "REDIS_URL": _redis_url(places, redis),
        "GUIDANCE_DATA_DIR": str(folder / "exports"),
        "JWT_SECRET_KEY": token_hex(32),
        "CHAT_LLM_BASE_URL": model_url,
        "PAYMENTS_PROVIDER": "sandbox",
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{places[_PUBLIC]}",
    }


def _redis_url(places: Mapping[str, int], redis: RedisTopology) -> str:
    """As the settings take it: it names those who know where the keys are."""
    kind = "SENTINEL" if redis is RedisTopology.SENTINEL else "REDIS"
    servers = ",".join(f"127.0.0.1:{port}" for port in _numbered(kind, places))
    path = f"/{SENTINEL_SERVICE}/0" if redis is RedisTopology.SENTINEL else ""
    return f"redis+{redis}://{servers}{path}"
