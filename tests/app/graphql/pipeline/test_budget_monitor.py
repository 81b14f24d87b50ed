"""Each answer against the budget of its operation: told to browsers, operators and the log."""

import re
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from graphql.execution.values import VariableValues
from prometheus_client import REGISTRY

from app.graphql.pipeline.budget_monitor import BudgetMonitor
from app.graphql.pipeline.operation_facts import OperationFacts
from app.settings import Settings
from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.operation import Operation
from gql.documents.registry.built_in import built_in_documents
from gql.documents.trusted_documents import trusted_documents
from gql.documents.validation.limits import Limits
from gql.runtime.execution import coerce_variables
from gql.values.ids import global_id
from metrics.observations import Observations, Outcome, SampleValues
from services.callers.principal import ANONYMOUS, Person, Principal
from spans.current import within_trace
from spans.part import Kind, Part
from spans.trace import Span, TaskSpans, Trace
from tests.captured_logs import capture_logs
from tests.fixtures.documents import agree, publish
from tests.fixtures.llm import StandInControl
from tests.fixtures.peer import peer
from tests.fixtures.postgres import run
from tests.fixtures.server import SECRET, Api, metrics_of, serving, settings_for
from tests.fixtures.world import ADA, EDITH
from tests.waiting import until

HOME = "query Home { viewer { conversations(first: 50) { edges { node { title } } } } }"
CHANGE = """mutation Change($input: StartConversationInput!) {
  startConversation(input: $input) { userErrors { code } }
}"""
SLOS = """{ ops { operationSlos {
  operationName requests errors protected p50Ms p95Ms p99Ms budgetP95Ms budgetP99Ms
  statementsMax budgetStatements withinBudget samples errorShare budgetErrorShare verdict
} } }"""
ARCHIVE = trusted_documents()["ArchiveConversation"].text
REPLY_STREAM = trusted_documents()["ReplyStream"].text
NO_VARIABLES = VariableValues({}, {})
LIMITS = Limits(tokens=2_000, depth=20, aliases=100)
TIMING = re.compile(r'total;dur=(\d+\.\d\d), db;dur=(\d+\.\d\d), statements;desc="(\d+)"')


@pytest.fixture
def api_of_its_own(own_world: str, tmp_path: Path, stand_in: StandInControl) -> Iterator[Api]:
    """A server that has answered nothing yet."""
    settings = settings_for(
        own_world,
        tmp_path,
        chat_llm_base_url=stand_in.url,
        chat_llm_retry_count=0,
        billing_subscription_cache_ttl_seconds=0,
        serve_runs_worker=False,
    )
    with serving(settings) as api:
        yield api


# Any: variables and data are JSON.
def ask(api: Api, name: str, *, viewer: int = ADA, **variables: Any) -> Any:
    """The body of the answer to one of our own documents."""
    return api.ask(trusted_documents()[name].text, variables, viewer=viewer)


def slos(api: Api) -> list[dict[str, Any]]:
    """What operators see of our own operations, in its order."""
    found = api.data(SLOS, viewer=ADA, roles=("ops",))["ops"]["operationSlos"]
    return [one for one in found if one["operationName"] in trusted_documents()]


def test_an_operation_is_shown_against_its_budget(api_of_its_own: Api) -> None:
    for _ in range(3):
        ask(api_of_its_own, "Quota")
    (slo,) = slos(api_of_its_own)
    milliseconds = [slo.pop(name) for name in ("p50Ms", "p95Ms", "p99Ms")]
    assert 0 < milliseconds[0] <= milliseconds[1] == milliseconds[2]
    is_kept = milliseconds[1] <= 100
    assert slo.pop("withinBudget") is is_kept
    assert slo.pop("verdict") == ("KEPT" if is_kept else "EXCEEDED")
    assert slo == {
        "operationName": "Quota",
        "requests": 3,
        "errors": 0,
        "protected": 0,
        "budgetP95Ms": 100,
        "budgetP99Ms": 300,
        "statementsMax": 2,
        "budgetStatements": 2,
        "samples": 3,
        "errorShare": 0.0,
        "budgetErrorShare": 0.005,
    }


def test_a_refusal_on_purpose_is_counted_apart_and_is_not_quick(api_of_its_own: Api) -> None:
    refused = ask(api_of_its_own, "SendMessage", viewer=EDITH, content="How?", idempotencyKey="one")
    (error,) = refused["data"]["sendMessage"]["userErrors"]
    assert error["code"] == "QUOTA_EXCEEDED"
    (slo,) = slos(api_of_its_own)
    assert (slo["requests"], slo["errors"], slo["protected"], slo["p99Ms"]) == (1, 0, 1, 0)
    # Nothing was measured, so that nothing is kept.
    assert (slo["samples"], slo["errorShare"]) == (0, None)
    assert (slo["verdict"], slo["withinBudget"]) == ("NO_SAMPLES", False)


def test_a_mistake_of_the_client_is_neither_an_error_nor_quick(api_of_its_own: Api) -> None:
    nowhere = {"conversationId": global_id("Conversation", 999_999)}
    refused = ask(api_of_its_own, "ArchiveConversation", input=nowhere)
    assert refused["data"]["archiveConversation"]["userErrors"][0]["code"] == "NOT_FOUND"
    (slo,) = slos(api_of_its_own)
    assert (slo["requests"], slo["errors"], slo["protected"], slo["p99Ms"]) == (1, 0, 0, 0)


def test_a_model_that_is_away_is_an_error_though_the_status_is_200(
    api_of_its_own: Api, stand_in: StandInControl
) -> None:
    stand_in.next({"status": 503})
    failed = ask(api_of_its_own, "SendMessage", content="How?", idempotencyKey="one")
    assert "errors" not in failed, failed
    (error,) = failed["data"]["sendMessage"]["userErrors"]
    assert error["code"] == "LLM_UNAVAILABLE"
    (slo,) = slos(api_of_its_own)
    assert (slo["requests"], slo["errors"], slo["protected"]) == (1, 1, 0)


Follow = Callable[[Api, str], None]


def over_events(api: Api, reply_id: str) -> None:
    """Follow a reply to its end over server-sent events."""
    headers = {"accept": "text/event-stream"} | api.credentials(ADA)
    request = {"query": REPLY_STREAM, "variables": {"messageId": reply_id}}
    answer = api.http.post("/graphql", json=request, headers=headers)
    assert (answer.status_code, answer.text.count("event: complete")) == (200, 1)


def over_a_socket(api: Api, reply_id: str) -> None:
    """Follow a reply to its end over a WebSocket."""
    address = f"{api.http.base_url}/graphql".replace("http", "ws", 1)
    with peer(address) as client:
        client.init(api.credentials(ADA))
        assert client.answers("1", REPLY_STREAM, variables={"messageId": reply_id})


@pytest.mark.parametrize("follow", [over_events, over_a_socket])
def test_a_stream_that_tells_of_a_failed_reply_is_an_error_and_no_other_end_is(
    api_of_its_own: Api, stand_in: StandInControl, follow: Follow
) -> None:
    def sent(**behaviour: Any) -> str:
        stand_in.next(behaviour)
        answer = ask(api_of_its_own, "StreamMessage", content="How?", idempotencyKey=token_hex())
        return str(answer["data"]["sendMessage"]["reply"]["id"])

    stopped = sent(hang_after=3)
    ask(api_of_its_own, "StopReply", input={"messageId": stopped})
    for complete in (stopped, sent()):
        follow(api_of_its_own, complete)
    with capture_logs() as lines:
        follow(api_of_its_own, sent(cut_after=3))
        follow(api_of_its_own, sent(status=503))
        # The line of the stream before may come as late as these.
        until(lambda: said(lines)[-2:] == ["server_error", "server_error"])
    found = {one["operationName"]: one for one in slos(api_of_its_own)}
    streams, sending = found["ReplyStream"], found["StreamMessage"]
    assert (streams["requests"], streams["errors"], streams["protected"]) == (4, 2, 0)
    assert (sending["requests"], sending["errors"]) == (4, 0)


def said(lines: list[MutableMapping[str, Any]]) -> list[str]:
    """The outcomes that the log has of streams."""
    return [
        one["outcome"]
        for one in lines
        if one["event"] in {"request", "operation"} and one.get("operation") == "ReplyStream"
    ]


def record_run(
    operation: Operation,
    came: SampleValues,
    values: VariableValues = NO_VARIABLES,
    principal: Principal = ANONYMOUS,
) -> None:
    """Record what an operation took, in observations of its own."""
    observations = Observations()
    facts = OperationFacts(operation, observations, deadline_seconds=30)
    BudgetMonitor(observations).record_run(facts, came, "request", values, principal)


def test_a_mutation_is_finished_past_its_deadline_and_is_over_its_budget() -> None:
    preparation = DocumentCache(core_schema(), limits=LIMITS, allows_introspection=False)
    with capture_logs() as lines:
        record_run(preparation.operation(ARCHIVE, None), (31.0, 0, 0, Outcome.OK))
    (line,) = lines
    assert (line["event"], line["deadline_ms"]) == ("over budget", "31000 of 30000")


async def test_a_fault_inside_a_200_is_an_error_and_comes_first(
    api_of_its_own: Api, own_world: str
) -> None:
    for name in ("Plans", "Quota", "CurrentSubscription"):
        ask(api_of_its_own, name)
    await run(own_world, "ALTER TABLE user_subscriptions RENAME TO gone")
    failed = ask(api_of_its_own, "CurrentSubscription")
    assert failed["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    listed = slos(api_of_its_own)
    (failing,) = [one for one in listed if one["operationName"] == "CurrentSubscription"]
    assert (failing["requests"], failing["errors"], failing["errorShare"]) == (2, 1, 0.5)
    assert (failing["verdict"], failing["withinBudget"]) == ("EXCEEDED", False)
    assert listed[0] == failing


def test_a_variant_is_held_to_its_own_budget(api_of_its_own: Api) -> None:
    with capture_logs() as lines:
        ask(api_of_its_own, "ConversationPage", first=20)
        ask(api_of_its_own, "ConversationPage", first=45)
        ask(api_of_its_own, "SendMessage", content="How?", idempotencyKey="one")
        ask(
            api_of_its_own, "SendMessage", content="How?", idempotencyKey="two", conversationId=None
        )
    assert [one for one in lines if one["event"] == "over budget" and "cost" in one] == []
    assert [one for one in lines if one["event"] == "over budget" and "statements" in one] == []
    (sending,) = [one for one in slos(api_of_its_own) if one["operationName"] == "SendMessage"]
    assert (sending["statementsMax"], sending["budgetStatements"]) == (11, 9)
    assert sending["withinBudget"] is (sending["p95Ms"] <= sending["budgetP95Ms"])


def prepared(name: str) -> Operation:
    """One of our own operations as it is served."""
    preparation = DocumentCache(core_schema(), limits=LIMITS, allows_introspection=False)
    (own,) = (one for one in built_in_documents() if one.name == name)
    return replace(preparation.operation(own.text, None), document=own)


def test_what_is_over_its_budget_has_a_line_that_says_by_how_much_and_how_it_was_asked() -> None:
    operation = prepared("ConversationPage")
    variables = {"first": 45, "after": "secret", "status": "ARCHIVED"}
    values = coerce_variables(core_schema(), operation, variables)
    labels = {"operation": "ConversationPage", "number": "cost"}
    before = REGISTRY.get_sample_value("guidance_operation_over_budget_total", labels) or 0
    with capture_logs() as lines:
        record_run(operation, (0.01, 2, 146, Outcome.OK), values, Person(ADA))
    (line,) = lines
    assert line == {
        "event": "over budget",
        "log_level": "warning",
        "request_id": "request",
        "operation": "ConversationPage",
        "variant": "first: largest, after: given, status: ARCHIVED, caller: person",
        "statements": "2 of 1",
        "cost": "146 of 101",
    }
    after = REGISTRY.get_sample_value("guidance_operation_over_budget_total", labels)
    assert after == before + 1


def test_of_what_is_traced_the_line_names_what_took_most() -> None:
    times = iter([0.0, 0.002, 0.042, 0.042])
    trace, operation = (
        Trace(Part(Kind.REQUEST, "http"), clock=lambda: next(times)),
        prepared("Plans"),
    )
    lane = TaskSpans(Span(Part(Kind.EXECUTION, "Plans")))
    trace.resume(lane)
    with capture_logs() as lines, within_trace(trace):
        record_run(operation, (0.042, 2, 10, Outcome.OK))
    assert [one["largest_part"] for one in lines] == ["execution of Plans 40.0 ms"]


def test_only_operations_whose_variants_differ_look_at_their_variables() -> None:
    assert prepared("ConversationPage").variants is not None
    assert prepared("Quota").variants is None
    # It has others of rows and bytes alone, which nobody counts while it runs.
    assert prepared("RenameConversation").variants is None


def test_what_only_the_gate_can_tell_lowers_nothing_and_is_no_excess() -> None:
    facts = [
        OperationFacts(prepared(name), Observations(), deadline_seconds=30)
        for name in ("SendMessage", "StartConversation")
    ]
    # Of a repeated key 8 and 3 are agreed, which the server sees as a key like any other.
    assert [one.most_statements for one in facts] == [9, 1]
    operation = prepared("StartConversation")
    given = {"input": {"title": "The garden", "idempotencyKey": "one"}}
    values = coerce_variables(core_schema(), operation, given)
    with capture_logs() as lines:
        for statements in (1, 3, 4):
            record_run(operation, (0.01, statements, 13, Outcome.OK), values, Person(ADA))
    assert [one["statements"] for one in lines] == ["4 of 3"]


def test_what_clients_publish_is_held_to_what_is_agreed_of_it(
    api_of_its_own: Api, own_world: str
) -> None:
    publish(own_world, "web", HOME, CHANGE)
    agree(own_world, "web", "Home", 1, 20_000)
    agree(own_world, "web", "", 15_000, 20_000)

    def agreed() -> dict[str, tuple[int, int]]:
        api_of_its_own.ask(HOME, {}, viewer=ADA)
        api_of_its_own.ask(CHANGE, {"input": {"idempotencyKey": token_hex()}}, viewer=ADA)
        found = api_of_its_own.data(SLOS, viewer=ADA, roles=("ops",))["ops"]["operationSlos"]
        return {one["operationName"]: (one["budgetP95Ms"], one["budgetP99Ms"]) for one in found}

    until(lambda: agreed().keys() >= {"Home", "Change"})
    assert agreed()["Change"] == (15_000, 20_000)
    beyond = 'guidance_operation_over_budget_total{number="p95_ms",operation="Home"}'
    until(lambda: bool(agreed()) and beyond in metrics_of(api_of_its_own.http))
    metrics = metrics_of(api_of_its_own.http)
    assert 'guidance_operation_seconds_count{kind="query",operation="Home"}' in metrics
    assert 'guidance_operation_seconds_count{kind="mutation",operation="Change"}' in metrics


def test_what_clients_call_their_own_operations_is_no_label(api_of_its_own: Api) -> None:
    api_of_its_own.data("query Invented { plans { code } }")
    api_of_its_own.data("query Quota { viewer { quota { used } } }", viewer=ADA)
    assert slos(api_of_its_own) == []
    assert "Invented" not in metrics_of(api_of_its_own.http)


def test_browsers_are_told_what_an_answer_took(api_of_its_own: Api) -> None:
    answer = api_of_its_own.http.post(
        "/graphql",
        json={"query": trusted_documents()["ConversationsWithMessages"].text},
        headers=api_of_its_own.credentials(ADA),
    )
    told = TIMING.match(answer.headers["server-timing"])
    assert told is not None
    assert float(told[1]) > 0 < float(told[2])
    assert told[3] == "2"
    refused = api_of_its_own.http.post("/graphql", json={"query": "{ nothing }"})
    assert "server-timing" not in refused.headers


def test_the_timing_is_told_in_development_alone_unless_it_is_asked_for() -> None:
    production = {
        "app_env": "production",
        "chat_llm_base_url": "https://model.example/v1",
        "payments_provider": "sandbox",
        "jwt_secret_key": SECRET,
        "database_url": "postgresql://nowhere/none",
    }
    assert not Settings.model_validate(production).sends_server_timing
    assert Settings.model_validate(production | {"graphql_server_timing": True}).sends_server_timing
    assert Settings.model_validate({}).sends_server_timing
    assert not Settings.model_validate({"graphql_server_timing": False}).sends_server_timing
