"""The whole topology: what is started, in which order, and how its parts find each other."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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
from perf.servers.cluster.service import Service, free_ports, wait_for
from perf.servers.cluster.site import Site, open_site
from perf.servers.cluster.stores import pooler, redis_servers, sentinels

MOST_INSTANCES = 3
PROGRAMS = ("haproxy", "pgbouncer", "redis-server")
_PUBLIC = "PUBLIC"
_PLACES = (
    "BALANCER_COMMANDS",
    *("PRIMARY", "REPLICA", "POSTGRES_1", "POSTGRES_2", "POOLER"),
    *("REDIS", "REDIS_1", "REDIS_2", "SENTINEL_1", "SENTINEL_2", "SENTINEL_3"),
)


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
) -> Iterator[Cluster]:
    """Run one in an empty folder until the block is left; `port` is where clients ask.

    `retries` is how often HAProxy tries again to connect to an instance. Raises `ProgramsMissing`,
    and `ServiceFailed` where a part does not come up. All that was started ends with the block,
    and with this process where that is killed.
    """
    found = programs(*PROGRAMS)
    places = _places(instances, port)
    passwords = Passwords(owner=token_hex(16), replication=token_hex(16))
    environment = _environment(folder, places, passwords, model_url)
    with open_site(folder) as site:
        first = primary(site, places["POSTGRES_1"], passwords)
        migrate(first.url)
        second = standby(site, places["POSTGRES_2"], passwords, first)
        _run_stores(site, found, places, passwords, user=first.user)
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


def _places(instances: int, port: int) -> dict[str, int]:
    names = (_PUBLIC, *_PLACES, *(f"INSTANCE_{number}" for number in range(1, instances + 1)))
    places = dict(zip(names, free_ports(len(names)), strict=True))
    return places | ({_PUBLIC: port} if port else {})


def _run_stores(
    site: Site,
    found: Mapping[str, str],
    places: Mapping[str, int],
    passwords: Passwords,
    *,
    user: str | None,
) -> None:
    site.run(
        *redis_servers(site, found["redis-server"], _numbered("REDIS", places)),
        *sentinels(
            site,
            found["redis-server"],
            _numbered("SENTINEL", places),
            master=places["REDIS_1"],
        ),
        pooler(
            site,
            found["pgbouncer"],
            port=places["POOLER"],
            primary=places["PRIMARY"],
            replica=places["REPLICA"],
            passwords=passwords,
            user=user,
        ),
    )


def _numbered(kind: str, places: Mapping[str, int]) -> list[int]:
    return [port for name, port in places.items() if name.startswith(f"{kind}_")]


def _environment(
    folder: Path, places: Mapping[str, int], passwords: Passwords, model_url: str
) -> dict[str, str]:
    pooled = f"postgresql://{USER}:{passwords.owner}@127.0.0.1:{places['POOLER']}/{DATABASE}"
    return {
        "APP_ENV": "production",
        "DATABASE_URL": pooled,
        "DATABASE_REPLICA_URL": f"{pooled}_replica",
        "DATABASE_POOLER": "transaction",
        "REDIS_URL": f"redis://127.0.0.1:{places['REDIS']}/0",
        "GUIDANCE_DATA_DIR": str(folder / "exports"),
        "JWT_SECRET_KEY": token_hex(32),
        "CHAT_LLM_BASE_URL": model_url,
        "PAYMENTS_PROVIDER": "sandbox",
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{places[_PUBLIC]}",
    }
