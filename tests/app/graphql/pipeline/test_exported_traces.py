"""Traces as a collector of OpenTelemetry receives them, over real HTTP."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import pytest

from gql.documents.trusted_documents import trusted_documents
from tests.captured_logs import capture_logs
from tests.fixtures.outside.collector import CollectedSpan, Collector
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api, metrics_of, serving, settings_for, token_of
from tests.fixtures.stores.postgres import new_database, rows_of
from tests.fixtures.stores.world import ADA
from tests.waiting import until

SAMPLED, UNSAMPLED = "01", "00"


@dataclass(frozen=True, slots=True)
class Exporting:
    """A server, its database, and the collector that it exports to."""

    api: Api
    database_url: str


@pytest.fixture(scope="module")
def exporting_server(
    postgres: str,
    world_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    collector: Collector,
    stand_in_process: StandInControl,
) -> Iterator[Exporting]:
    """A server that exports what its callers ask it to, and nothing at random."""
    with new_database(postgres, world_template) as url:
        settings = settings_for(
            url,
            tmp_path_factory.mktemp("data"),
            chat_llm_base_url=stand_in_process.url,
            otel_exporter_otlp_endpoint=collector.url,
            otel_traces_sampler_arg=0.0,
            serve_runs_worker=False,
        )
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
            with serving(settings) as api:
                # So that people are known, and statements of that are no request's.
                api.data("{ viewer { email } }", viewer=ADA)
                yield Exporting(api, url)


@pytest.fixture
def exporting(exporting_server: Exporting) -> Api:
    return exporting_server.api


def ask(
    api: Api, name: str, flags: str = SAMPLED, *, trace_id: str | None = None, **variables: object
) -> tuple[str, int]:
    """Ask one of our documents as part of a trace; gives its id, and the statements logged."""
    trace_id = trace_id or token_hex(16)
    with capture_logs() as lines:
        answer = api.http.post(
            "/graphql",
            json={"query": trusted_documents()[name].text, "variables": variables},
            headers={
                "authorization": f"Bearer {token_of(ADA)}",
                "traceparent": f"00-{trace_id}-{'ab' * 8}-{flags}",
                "tracestate": "vendor=1",
            },
        )
        assert "errors" not in answer.json(), answer.json()
        id_ = answer.headers["x-request-id"]
        until(lambda: any(one.get("request_id") == id_ and "ms" in one for one in lines))
    (line,) = [one for one in lines if one.get("request_id") == id_ and "ms" in one]
    assert line["trace_id"] == trace_id
    return trace_id, line["statements"]


def statements_of(spans: list[CollectedSpan]) -> list[CollectedSpan]:
    return [
        one
        for one in spans
        if one.attributes.get("db.system.name") == "postgresql"
        and not one.name.startswith("transaction.")
    ]


@pytest.mark.parametrize(
    "name",
    ["ConversationsWithMessages", "Quota", "CurrentSubscription", "PrivacyRequests", "Plans"],
)
def test_there_is_a_span_for_each_statement(
    exporting: Api, collector: Collector, name: str
) -> None:
    trace_id, statements = ask(exporting, name)
    spans = collector.trace(trace_id)
    assert len(statements_of(spans)) == statements
    by_id = {one.span_id: one for one in spans}
    (root,) = [one for one in spans if one.parent_id not in by_id]
    assert (root.name, root.kind, root.parent_id) == ("POST /graphql", 2, "ab" * 8)
    assert root.attributes["http.response.status_code"] == 200
    assert root.attributes["guidance.outcome"] == "ok"
    assert all(root.began_at <= one.began_at <= one.ended_at <= root.ended_at for one in spans)
    (operation,) = [one for one in spans if one.name == f"query {name}"]
    assert operation.attributes == {
        "graphql.operation.type": "query",
        "graphql.operation.name": name,
    }
    assert collector.services == {"guidance-api"}


def test_a_batch_is_linked_to_every_field_that_waited_for_it(
    exporting: Api, collector: Collector
) -> None:
    trace_id, _ = ask(exporting, "ConversationsWithMessages")
    spans = collector.trace(trace_id)
    by_id = {one.span_id: one for one in spans}
    linked = {
        one.name: sorted(by_id[link].name for link in one.links)
        for one in spans
        if one.name.startswith("batch ")
    }
    assert linked == {
        "batch conversations_by_user": ["User.conversations"],
        "batch messages_by_conversation": ["Conversation.messages"],
    }
    (messages,) = [one for one in spans if one.name == "Conversation.messages"]
    assert messages.attributes["guidance.calls"] == 20
    (batch,) = [one for one in spans if one.name == "batch messages_by_conversation"]
    assert messages.ended_at >= batch.ended_at
    (statement,) = [one for one in statements_of(spans) if one.parent_id == batch.span_id]
    assert statement.name == "messages.page_by_conversation"


def test_two_fields_that_wait_for_one_batch_are_both_linked(
    exporting: Api, collector: Collector
) -> None:
    trace_id = token_hex(16)
    exporting.http.post(
        "/graphql",
        json={"query": "{ viewer { email createdAt } }"},
        headers={
            "authorization": f"Bearer {token_of(ADA)}",
            "traceparent": f"00-{trace_id}-{'ab' * 8}-01",
        },
    )
    spans = collector.trace(trace_id)
    by_id = {one.span_id: one for one in spans}
    (batch,) = [one for one in spans if one.name.startswith("batch ")]
    assert sorted(by_id[link].name for link in batch.links) == ["User.createdAt", "User.email"]


def test_a_reply_is_part_of_its_requests_trace(
    exporting: Api, collector: Collector, stand_in: StandInControl
) -> None:
    stand_in.next({"first_token_seconds": 0.01})
    trace_id, _ = ask(exporting, "SendMessage", content="Hello", idempotencyKey=token_hex())
    until(lambda: any(one.name == "replies" for one in collector.trace(trace_id)))
    spans = collector.trace(trace_id)
    (job,) = [one for one in spans if one.name == "replies"]
    (attempt,) = [one for one in spans if one.name == "chat"]
    assert (attempt.parent_id, attempt.error) == (job.span_id, None)
    assert attempt.attributes["gen_ai.operation.name"] == "chat"
    in_job = [one for one in statements_of(spans) if one.parent_id == job.span_id]
    assert in_job
    (sent,) = stand_in.traceparents()
    assert sent == f"00-{trace_id}-{job.span_id}-01"


def test_what_is_not_sampled_is_not_exported(exporting: Api, collector: Collector) -> None:
    before = len(collector.spans)
    unsampled, _ = ask(exporting, "Quota", UNSAMPLED)
    sampled, _ = ask(exporting, "Quota")
    collector.trace(sampled)
    assert not [one for one in collector.spans[before:] if one.trace_id == unsampled]


def test_a_metric_names_a_trace(exporting: Api, collector: Collector) -> None:
    trace_id, _ = ask(exporting, "Plans")
    collector.trace(trace_id)
    accepted = {"accept": "application/openmetrics-text; version=1.0.0"}
    answer = exporting.http.get("/metrics", headers=accepted)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
    assert answer.text.count("# EOF") == 1
    (line,) = [one for one in answer.text.splitlines() if f'trace_id="{trace_id}"' in one]
    assert line.startswith('guidance_operation_seconds_bucket{kind="query"')
    assert "trace_id" not in metrics_of(exporting.http)


def test_a_collector_that_fails_is_nobodys_concern(exporting: Api, collector: Collector) -> None:
    collector.status = 500
    try:
        ask(exporting, "Quota")
    finally:
        collector.status = 200
    trace_id, _ = ask(exporting, "Quota")
    collector.trace(trace_id)


def asked_by_hand(api: Api, query: str, trace_id: str, flags: str = SAMPLED) -> None:
    api.http.post(
        "/graphql",
        json={"query": query},
        headers={
            "authorization": f"Bearer {token_of(ADA)}",
            "traceparent": f"00-{trace_id}-{'ab' * 8}-{flags}",
        },
    )


@contextmanager
def without_table(url: str, name: str) -> Iterator[None]:
    """A database in which a table has another name."""
    asyncio.run(rows_of(url, f"ALTER TABLE {name} RENAME TO {name}_gone"))
    try:
        yield
    finally:
        asyncio.run(rows_of(url, f"ALTER TABLE {name}_gone RENAME TO {name}"))


def test_what_failed_is_exported_though_it_was_not_sampled(
    exporting_server: Exporting, collector: Collector
) -> None:
    trace_id = token_hex(16)
    with without_table(exporting_server.database_url, "daily_quota_usages"):
        asked_by_hand(exporting_server.api, "{ viewer { quota { used } } }", trace_id, UNSAMPLED)
    spans = collector.trace(trace_id)
    assert [one.name for one in spans[:2]] == ["POST /graphql", "query untrusted"]
    assert spans[0].attributes["guidance.outcome"] == "server_error"
    assert "quota.used_by_user" in {one.name for one in statements_of(spans)}


def test_what_was_over_its_budget_is_exported_though_it_was_not_sampled(
    exporting_server: Exporting, collector: Collector
) -> None:
    trace_id, query = token_hex(16), "{ viewer { conversations(first: 1) { totalCount } } }"
    with subprocess.Popen(
        [sys.executable, "-c", _LOCKING, exporting_server.database_url], stdout=subprocess.PIPE
    ) as locking:
        assert locking.stdout is not None
        locking.stdout.readline()
        asked_by_hand(exporting_server.api, query, trace_id, UNSAMPLED)
    spans = collector.trace(trace_id)
    assert spans[0].attributes["guidance.outcome"] == "ok"
    assert len(statements_of(spans)) == spans[0].attributes["guidance.statements"]


_LOCKING = """
import asyncio, sys, asyncpg
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    async with connection.transaction():
        await connection.execute("LOCK TABLE chat_conversations")
        print("locked", flush=True)
        await asyncio.sleep(0.9)
asyncio.run(main())
"""

LAST = """SELECT query FROM pg_stat_activity WHERE application_name = 'guidance-api'
  AND datname = current_database() AND query LIKE '/* users.by_id%'
  ORDER BY query_start DESC LIMIT 1"""


@pytest.mark.parametrize("flags", [SAMPLED, UNSAMPLED])
def test_the_database_sees_sampled_requests_alone(exporting_server: Exporting, flags: str) -> None:
    trace_id = token_hex(16)
    found: list[Any] = []  # Any: rows
    while not found:  # a session may have been asked something else since
        asked_by_hand(exporting_server.api, "{ viewer { email } }", trace_id, flags)
        found = asyncio.run(rows_of(exporting_server.database_url, LAST))
    assert (f"traceparent='00-{trace_id}-" in found[0][0]) == (flags == SAMPLED)


def test_a_chat_of_the_ai_sdk_is_part_of_its_callers_trace(
    exporting: Api, collector: Collector
) -> None:
    trace_id = token_hex(16)
    headers = exporting.credentials(ADA) | {"traceparent": f"00-{trace_id}-{'ab' * 8}-01"}
    status = exporting.http.post("/chat/stream", json={}, headers=headers).status_code
    root, *_ = collector.trace(trace_id)
    assert (root.name, root.parent_id) == ("POST /chat/stream", "ab" * 8)
    assert root.attributes["http.response.status_code"] == status == 400


def test_a_webhook_is_traced(exporting: Api, collector: Collector) -> None:
    trace_id = token_hex(16)
    headers = {"traceparent": f"00-{trace_id}-{'ab' * 8}-01"}
    assert exporting.http.post("/webhooks/payments", headers=headers).status_code == 400
    (root,) = collector.trace(trace_id)
    assert (root.name, root.parent_id) == ("POST /webhooks", "ab" * 8)
    assert root.attributes["http.response.status_code"] == 400
