"""Traces as a collector of OpenTelemetry receives them, over real HTTP."""

from collections.abc import Iterator
from secrets import token_hex

import pytest

from gql.documents.trusted_documents import trusted_documents
from tests.captured_logs import capture_logs
from tests.fixtures.outside.collector import CollectedSpan, Collector
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api, metrics_of, serving, settings_for, token_of
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA
from tests.waiting import until

SAMPLED, UNSAMPLED = "01", "00"


@pytest.fixture(scope="module")
def exporting(
    postgres: str,
    world_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    collector: Collector,
    stand_in_process: StandInControl,
) -> Iterator[Api]:
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
                yield api


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
    assert line.get("trace_id") == (trace_id if flags == SAMPLED else None)
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
    spans = collector.trace(trace_id, least=3)
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
    spans = collector.trace(trace_id, least=6)
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
    spans = collector.trace(trace_id, least=4)
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
    collector.trace(sampled, least=3)
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
    collector.trace(trace_id, least=3)
