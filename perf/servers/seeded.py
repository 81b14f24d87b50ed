"""A server of our own to measure: generated data, and the stand-in as its model."""

import asyncio
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import asyncpg
import psutil

from app.cli.companies.api_key import issue
from app.cli.database import with_database
from app.settings import Settings
from db.embedded import embedded_postgres
from db.schema.migration import migrate
from perf.dataset.bench.tables import LOAD_TEST_SIZES, BenchSizes, bench_tables
from perf.dataset.fill import fill
from perf.llm_standin.process import running_stand_in
from perf.servers.credentials import CallerCredentials, tokens_of_people
from perf.servers.process import OURS, running_process
from services.clock import system_clock

MODEL = {"first-token-seconds": "0.05", "tokens": "20", "tokens-per-second": "400"}
_UNLIMITED = "100000000"
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
LOAD_TEST_SETTINGS = {
    # Contract limits would end a run, and background jobs would disturb it.
    "B2B_DAILY_USAGE_LIMIT": _UNLIMITED,
    "B2B_MONTHLY_USAGE_LIMIT": _UNLIMITED,
    "SERVE_RUNS_WORKER": "false",
    "METRICS_MAX_AGE_SECONDS": "0",
    # Enough traces to attribute time, few enough not to cost much of it.
    "GRAPHQL_TRACE_SHARE": "0.1",
    "GRAPHQL_TRACE_CALLERS": "127.0.0.1",
}


@dataclass(frozen=True, slots=True)
class Version:
    """A source tree, and the Python interpreter that has its dependencies; None is this tree."""

    tree: Path | None = None
    python: str = sys.executable


THIS_VERSION = Version()


@dataclass(frozen=True, slots=True)
class ServerUnderTest:
    """A server under test, the credentials of its callers, and descriptions for the report.

    A server that `is_own` has no other clients. Any other is sent trusted documents by id, as its
    own clients do, and only reads unless it `takes_writes`.
    """

    url: str
    credentials: CallerCredentials
    data: str
    model: str
    is_own: bool = True
    takes_writes: bool = True
    server_pid: int | None = None
    database_pid: int | None = None


@contextmanager
def own_server(sizes: BenchSizes = LOAD_TEST_SIZES) -> Iterator[ServerUnderTest]:
    """Run a server on a temporary database until the block is left."""
    with (
        TemporaryDirectory(prefix="guidance-perf-") as folder,
        seeded_database(Path(folder), sizes) as url,
        running_model() as model,
        server_on_database(url, model, data_dir=folder, sizes=sizes) as target,
    ):
        yield target


@contextmanager
def seeded_database(folder: Path, sizes: BenchSizes) -> Iterator[str]:
    """Run an embedded PostgreSQL with generated data, and yield its URL."""
    with embedded_postgres(folder) as url:
        migrate(url)
        fill_with_sizes(url, sizes)
        yield url


def fill_with_sizes(url: str, sizes: BenchSizes) -> None:
    """Fill a migrated, empty database with generated data."""
    asyncio.run(fill(url, bench_tables(sizes, system_clock()), progress=nullcontext(_Quiet())))


@contextmanager
def running_model(behaviour: Mapping[str, str] = MODEL) -> Iterator[str]:
    """Run the stand-in, faster than any real model, and yield its base URL."""
    options = [part for name, value in behaviour.items() for part in (f"--{name}", value)]
    with running_stand_in("--port", "0", *options) as url:
        yield url


@contextmanager
def server_on_database(
    database_url: str,
    model_url: str,
    *,
    data_dir: str,
    version: Version = THIS_VERSION,
    sizes: BenchSizes = LOAD_TEST_SIZES,
    settings: Mapping[str, str] = _NO_SETTINGS,
) -> Iterator[ServerUnderTest]:
    """Run a server on a database with generated people, with settings of its own."""
    secret = secrets.token_hex()
    served = {
        "DATABASE_URL": database_url,
        "CHAT_LLM_BASE_URL": model_url,
        "CHAT_TITLES": "false",
        "GUIDANCE_DATA_DIR": data_dir,
        "JWT_SECRET_KEY": secret,
        **LOAD_TEST_SETTINGS,
        **settings,
    }
    issuing = Settings.model_validate({"database_url": database_url, "jwt_secret_key": secret})
    key = with_database(issuing, lambda database: issue(database, 1))
    with running_process(OURS, served, None, tree=version.tree, python=version.python) as server:
        yield ServerUnderTest(
            f"http://127.0.0.1:{server.port}",
            generated_callers(secret, sizes.users, sizes.users_with_messages, key),
            describe_sizes(sizes),
            describe_stand_in(MODEL),
            server_pid=server.process.pid,
            database_pid=asyncio.run(_postmaster(database_url)),
        )


async def _postmaster(url: str) -> int | None:
    """The process id of a local database's postmaster; None if it is not known."""
    connection = await asyncpg.connect(url)
    try:
        backend = psutil.Process(connection.get_server_pid())
        return int(backend.ppid())
    except psutil.Error:
        return None
    finally:
        await connection.close()


def generated_callers(
    secret: str, users: int, writers: int, api_key: str | None
) -> CallerCredentials:
    """Credentials of generated people: users with messages are callers, the others leavers."""
    tokens = tokens_of_people(secret, users)
    return CallerCredentials(tokens[:writers], tokens[writers:], api_key)


def describe_sizes(sizes: BenchSizes) -> str:
    """A description of the data for the report."""
    return ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in asdict(sizes).items())


def describe_stand_in(behaviour: Mapping[str, str]) -> str:
    """A description of the stand-in for the report."""
    return ", ".join(f"{name} {value}" for name, value in behaviour.items())


class _Quiet:
    """A progress bar that shows nothing."""

    def update(self, n_steps: int) -> None:
        """Ignore the progress."""
