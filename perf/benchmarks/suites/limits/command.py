"""`guidance bench limits`: what limits, budgets and metering add to a call."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import click

from app.composition.database_url import database_url
from app.graphql.request.graphql_request import GraphQLRequest
from app.settings import Settings, load_settings
from app.wiring import open_application
from db.database import Database, open_database
from db.queries.enterprise import credentials, enterprise_accounts
from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.runtime.execution import coerce_variables
from keyvalue import KeyValueClient
from perf.benchmarks.harness.operations import PAGE_WITH_MESSAGES
from perf.benchmarks.harness.single_response import single_response
from perf.benchmarks.suites.limits.flood import report_floods
from perf.benchmarks.suites.limits.guidance import report_guidance
from perf.cli import options
from services.callers.principal import Anonymous, ApiClient
from services.clock import system_clock
from services.enterprise import metering
from services.enterprise.records import UsageContract, UsageLimitMode
from services.mutations import idempotency
from services.mutations.idempotency import Caller
from services.throttling.memory_buckets import MemoryBuckets
from services.throttling.records import BucketPolicy
from services.throttling.redis_buckets import RedisBuckets

_POLICY = BucketPolicy(capacity=1_000_000_000, restore_rate=1_000_000)
_CONTRACT = UsageContract(1_000_000_000, 1_000_000_000, UsageLimitMode.BLOCK)
_ROUNDS = 5
_SIZED = """query Sized($n: Int, $m: Int) { viewer { conversations(first: $n) { edges { node {
  messages(last: $m) { edges { node { content } } } } } } } }"""
_PLANS = "query Plans { plans { code } }"
_NO_END = {"graphql_address_budget": 10**9, "serve_runs_worker": False}
Work = Callable[[], Awaitable[object]]


class _RolledBack(Exception):
    """Rolls a measured transaction back."""


@click.command("limits")
@options.number("--calls", 1_000, "Calls a round; the median of five rounds is printed.", least=10)
def bench_limits(calls: int) -> None:
    """What limits, budgets and metering add to a call.

    Measured in this process. Budgets in Redis where REDIS_URL is set, metering on the data of
    `guidance db seed`. Company 1 is charged for the guidance, and for the flood gets two keys,
    which are revoked in the end; the rest is left as it is.
    """
    settings = load_settings()
    with database_url(settings) as url:
        asyncio.run(_measure(settings, url, calls))


async def _measure(settings: Settings, url: str, calls: int) -> None:
    click.echo(f"{'added to a call':<48}{'us':>10}")
    core = core_schema()
    preparation = DocumentCache(core, limits=settings.document_limits, allows_introspection=False)
    for name, document, variables in (
        ("cost of a page with messages", PAGE_WITH_MESSAGES.document, {}),
        ("the same, sizes in variables", _SIZED, {"n": 20, "m": 10}),
    ):
        operation = preparation.operation(document, None)
        values = coerce_variables(core, operation, variables).coerced
        await _report(name, _at_once(operation.cost.of, values), calls)
    memory = MemoryBuckets()
    await _report("budget in memory, spent", _at_once(memory.spend, "key", 221, _POLICY), calls)
    await _report("budget in memory, given back", _at_once(memory.refund, "key", 9, _POLICY), calls)
    if settings.redis_url is not None:
        async with KeyValueClient(settings.redis_url) as keyvalue:
            shared, key = RedisBuckets(keyvalue), f"bench:{secrets.token_hex(8)}"
            await _report("budget in Redis, spent", lambda: shared.spend(key, 221, _POLICY), calls)
    async with open_database(
        url, replica_url=None, pool_size=2, observe=lambda *_: None
    ) as database:
        client = await _client(database)
        if client is None:
            click.echo("metering is not measured: company 1 has no key; see `guidance api-key`")
        else:
            await _report_metering(database, client, calls)
            each = max(10, calls // 20)
            await report_guidance(settings, url, client, partial(_report_together, calls=each))
        async with database.read() as connection:
            has_company = bool(await enterprise_accounts.accounts_by_id(connection, [1]))
    await _report_whole_calls(settings, url, calls)
    if has_company:
        await report_floods(url, max(10, calls // 4))


async def _report_whole_calls(settings: Settings, url: str, calls: int) -> None:
    """Print a small call's latency for a caller without a budget, and for one with a budget."""
    stores = {"memory": None, "Redis": settings.redis_url}
    for where, redis_url in stores.items():
        if where == "Redis" and redis_url is None:
            continue
        configured = settings.model_copy(update={"redis_url": redis_url} | _NO_END)
        async with open_application(configured, url) as application:
            pipeline, request = application.graphql, GraphQLRequest(_PLANS)
            callers = {
                "without a budget": Anonymous(),
                f"with one in {where}": Anonymous("203.0.113.7"),
            }
            works: dict[str, Work] = {
                f"a whole call {name}": partial(single_response, pipeline, request, caller)
                for name, caller in callers.items()
            }
            await _report_together(works, max(10, calls // 4))


async def _client(database: Database) -> ApiClient | None:
    async with database.read() as connection:
        keys = await credentials.by_account(connection, [1], 1, system_clock())
    # Active keys come first.
    has_key = bool(keys) and keys[0]["status"] == "active"
    return ApiClient(account_id=1, credential_id=keys[0]["id"]) if has_key else None


async def _report_metering(database: Database, client: ApiClient, calls: int) -> None:
    async def charge() -> None:
        with suppress(_RolledBack):
            async with database.begin() as transaction:
                caller = Caller(account_id=client.account_id)
                use = idempotency.key_use(
                    secrets.token_hex(16), operation="generateGuidance", values={"situation": "s"}
                )
                await idempotency.claim(transaction, caller, use, now=system_clock())
                await metering.charge(transaction, client, _CONTRACT, system_clock())
                raise _RolledBack

    await _report("metering: key claimed, unit counted", charge, max(10, calls // 10))


def _at_once(work: Callable[..., object], *arguments: Any) -> Work:
    async def call() -> None:
        work(*arguments)

    return call


async def _report(name: str, work: Work, calls: int) -> None:
    await _report_together({name: work}, calls)


async def _report_together(works: Mapping[str, Work], calls: int) -> None:
    """Run the works in turn, so that a busy machine affects all of them alike."""
    rounds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(_ROUNDS):
        for name, work in works.items():
            started = perf_counter()
            for _ in range(calls):
                await work()
            rounds[name].append((perf_counter() - started) / calls * 1e6)
    for name, taken in rounds.items():
        click.echo(f"{name:<48}{median(taken):>10.1f}")
