"""A server with the gate's data, and the callers that use it."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from app.cli.companies.api_key import issue
from app.cli.database import with_database
from app.settings import Settings
from db.embedded import embedded_postgres
from db.schema.migration import migrate
from perf.gate.data.callers import FEW_ROWS, TWICE_THE_ROWS, CallerGroup
from perf.gate.data.fill import fill
from perf.servers.process import OURS, running_process
from perf.servers.seeded import LOAD_TEST_SETTINGS, THIS_VERSION, Version, running_model
from perf.sweep.credentials import Credentials
from services.callers.principal import ApiClient

INSTANT_MODEL = {"first-token-seconds": "0", "tokens": "20", "tokens-per-second": "0"}
"""Settings of the stand-in for the model: it answers instantly, since the server is timed."""
_NO_BOUND = "1000000000"
_UNLIMITED = {
    # The API is measured, which limits would prevent.
    "GRAPHQL_MAX_COST": _NO_BOUND,
    "GRAPHQL_KEY_BUDGET": _NO_BOUND,
    "GRAPHQL_PERSON_BUDGET": _NO_BOUND,
    "GRAPHQL_ADDRESS_BUDGET": "0",
    "PAYMENTS_PROVIDER": "sandbox",
}
_KEEP_KEYS = """UPDATE enterprise_credentials SET created_at = '2026-01-01'
WHERE created_at > now() - interval '1 day'"""
"""Scenarios delete keys that are newer than the gate's data."""
_NO_DAILY_LIMIT = "UPDATE billing_plans SET daily_message_limit = 1000000000"


@dataclass(frozen=True, slots=True)
class SweepTarget:
    """A server, its database if that is accessible, and groups of callers with credentials.

    `left_out` maps documents that must not be sent to the reason. If `by_id`, documents are sent by
    their ids.
    """

    url: str
    database_url: str | None
    credentials: Credentials
    groups: tuple[CallerGroup, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    by_id: bool = False


@contextmanager
def gate_server_for_sweep() -> Iterator[SweepTarget]:
    """A server on a temporary database with the gate's data."""
    with (
        TemporaryDirectory(prefix="guidance-sweep-") as folder,
        embedded_postgres(Path(folder)) as url,
        running_model(INSTANT_MODEL) as model,
    ):
        migrate(url)
        fill_for_sweep(url)
        groups = (FEW_ROWS, TWICE_THE_ROWS)
        with gate_server(url, model, groups=groups, data_dir=folder) as target:
            yield target


def fill_for_sweep(url: str) -> None:
    """Fill a migrated, empty database with the gate's data, without daily limits."""
    asyncio.run(_fill(url))


@contextmanager
def gate_server(
    database_url: str,
    model_url: str,
    *,
    groups: tuple[CallerGroup, ...],
    data_dir: str,
    version: Version = THIS_VERSION,
    settings: Mapping[str, str] | None = None,
) -> Iterator[SweepTarget]:
    """A server on a filled database, until the block ends."""
    secret = secrets.token_hex()
    served = {
        "DATABASE_URL": database_url,
        "CHAT_LLM_BASE_URL": model_url,
        "CHAT_TITLES": "false",
        "GUIDANCE_DATA_DIR": data_dir,
        "JWT_SECRET_KEY": secret,
        **LOAD_TEST_SETTINGS,
        **_UNLIMITED,
        **(settings or {}),
    }
    issuing = Settings.model_validate({"database_url": database_url, "jwt_secret_key": secret})
    accounts = (account_of(one, place) for one in groups for place in range(2))
    keys = {account: _issued(issuing, account) for account in accounts}
    asyncio.run(_execute(database_url, _KEEP_KEYS))
    with running_process(OURS, served, None, tree=version.tree, python=version.python) as server:
        url = f"http://127.0.0.1:{server.port}"
        yield SweepTarget(url, database_url, Credentials(secret, keys), groups)


def _issued(settings: Settings, account: int) -> str:
    return with_database(settings, lambda database: issue(database, account))


async def _fill(url: str) -> None:
    await fill(url)
    await _execute(url, _NO_DAILY_LIMIT)


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def account_of(callers: CallerGroup, place: int) -> int:
    """The account of a company's client."""
    client = callers.client(place)
    if not isinstance(client, ApiClient):
        raise TypeError("a company's client is expected")
    return client.account_id
