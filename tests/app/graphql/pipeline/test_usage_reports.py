"""A registry is told what was used, and whatever it does is no request's concern."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, time
from typing import Any

from app.graphql.pipeline.call import OperationCall
from app.graphql.pipeline.usage_reports import MOST_PENDING, UsageReports
from clients.registry.usage import UsageClient
from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.trusted_documents import trusted_documents
from gql.documents.validation.limits import Limits
from metrics.observations import Outcome
from tests.fixtures.outside.schema_registry import SchemaRegistry
from tests.fixtures.servers.server import Api, metrics_of, serving, settings_for, token_of
from tests.fixtures.stores.world import ADA

TOKEN = "the-token-of-the-registry"
LIMITS = Limits(tokens=2_000, depth=20, aliases=100)
WORDS = "what nobody may hear of"


@contextmanager
def reporting(world: str, folder: Path, registry: SchemaRegistry) -> Iterator[Api]:
    settings = settings_for(
        world,
        folder,
        hive_usage_endpoint=f"{registry.url}/usage/target",
        hive_token=TOKEN,
        serve_runs_worker=False,
    )
    with serving(settings) as api:
        yield api


def test_what_was_used_is_told_in_hives_format(
    world: str, tmp_path: Path, schema_registry: SchemaRegistry
) -> None:
    began = time() * 1_000
    with reporting(world, tmp_path, schema_registry) as api:
        headers = {
            "authorization": f"Bearer {token_of(ADA)}",
            "graphql-client-name": "web",
            "graphql-client-version": "1.2.3",
        }
        for _ in range(3):
            query = {"query": trusted_documents()["Quota"].text}
            api.http.post("/graphql", json=query, headers=headers)
        text = f'query Node {{ node(id: "{WORDS}") {{ id }} }}'
        api.http.post("/graphql", json={"query": text}, headers=headers)
    (report,) = schema_registry.reports
    assert report["size"] == len(report["operations"]) == 4
    assert report["subscriptionOperations"] == []
    by_name = {one["operationName"]: (key, one) for key, one in report["map"].items()}
    key, quota = by_name["Quota"]
    assert {"Query", "Query.viewer", "User.quota", "Quota.used"} <= set(quota["fields"])
    node_key, node = by_name["Node"]
    assert {"Query.node", "Query.node.id", "Node.id"} <= set(node["fields"])
    assert WORDS not in str(report)
    *quotas, last = report["operations"]
    assert [one["operationMapKey"] for one in quotas] == [key] * 3
    assert last["operationMapKey"] == node_key
    assert last["execution"]["ok"] is False
    for one in quotas:
        assert one["execution"]["ok"] is True
        assert one["execution"]["errorsTotal"] == 0
        assert 0 < one["execution"]["duration"] < 30e9
        assert began <= one["timestamp"] <= time() * 1_000
        assert one["metadata"] == {"client": {"name": "web", "version": "1.2.3"}}
    (fields,) = schema_registry.fields
    assert fields["authorization"] == f"Bearer {TOKEN}"
    assert fields["x-usage-api-version"] == "2"


def test_a_registry_that_hangs_holds_nobody_up(
    world: str, tmp_path: Path, schema_registry: SchemaRegistry
) -> None:
    schema_registry.seconds = 600
    with reporting(world, tmp_path, schema_registry) as api:
        assert api.data("{ viewer { email } }", viewer=ADA) == {
            "viewer": {"email": "ada@example.com"}
        }
        began = perf_counter()
    assert perf_counter() - began < 5
    assert schema_registry.asked.is_set()
    assert schema_registry.reports == []


def usages(api: Api) -> dict[str, float]:
    """How many were told, and not."""
    found = {}
    for line in metrics_of(api.http).splitlines():
        if line.startswith("guidance_registry_usages_total{"):
            found[line.split('"')[1]] = float(line.split()[-1])
    return found


async def noted(
    registry: SchemaRegistry, *, of: int, path: str = "/usage/target", seconds: float = 10.0
) -> Any:
    """Reports of one operation, noted so many times; gives what is pending after they were sent."""
    cache = DocumentCache(core_schema(), limits=LIMITS, allows_introspection=False)
    operation = cache.operation("{ plans { code } }", None)
    async with UsageClient(f"{registry.url}{path}", None, timeout_seconds=seconds) as client:
        reports = UsageReports(core_schema(), client)
        for _ in range(of):
            reports.note(operation, OperationCall("1", {}), 0.001, Outcome.OK)
        await reports.send()
        yield len(reports._pending)
        registry.reset()
        await reports.send()
        yield len(reports._pending)


async def test_what_was_not_taken_is_sent_again(schema_registry: SchemaRegistry) -> None:
    for fault in ({"status": 503}, {"status": 500}, {"status": 429}, {"seconds": 2.0}):
        for name, value in fault.items():
            setattr(schema_registry, name, value)
        pending = [one async for one in noted(schema_registry, of=5, seconds=0.5)]
        assert pending == [5, 0]
        assert [one["size"] for one in schema_registry.reports] == [5]


async def test_what_is_refused_is_dropped(schema_registry: SchemaRegistry) -> None:
    schema_registry.status = 401
    assert [one async for one in noted(schema_registry, of=5)] == [0, 0]
    assert [one async for one in noted(schema_registry, of=5, path="/nowhere")] == [0, 0]


async def test_no_more_waits_than_a_bounded_number(schema_registry: SchemaRegistry) -> None:
    schema_registry.status = 503
    pending = [one async for one in noted(schema_registry, of=MOST_PENDING + 7)]
    assert pending == [MOST_PENDING, 0]
    assert [one["size"] for one in schema_registry.reports] == [2_000] * 5


async def test_a_registry_that_is_nowhere_is_away() -> None:
    nowhere = SchemaRegistry(url="http://127.0.0.1:1")
    assert [one async for one in noted(nowhere, of=1)] == [1, 1]


def test_what_was_told_is_counted(
    world: str, tmp_path: Path, schema_registry: SchemaRegistry, api: Api
) -> None:
    before = usages(api).get("sent", 0)
    with reporting(world, tmp_path, schema_registry) as reported:
        reported.data("{ viewer { email } }", viewer=ADA)
    assert usages(api)["sent"] - before == 1
