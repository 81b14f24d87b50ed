"""How a run of an operation is compared with its budget, and what the log says of it."""

from dataclasses import replace

from graphql.execution.values import VariableValues
from prometheus_client import REGISTRY

from app.graphql.pipeline.budget_monitor import BudgetMonitor
from app.graphql.pipeline.operation_facts import OperationFacts
from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.operation import Operation
from gql.documents.registry.built_in import built_in_documents
from gql.documents.trusted_documents import trusted_documents
from gql.documents.validation.limits import Limits
from gql.runtime.execution import coerce_variables
from metrics.observations import Observations, Outcome, SampleValues
from services.callers.principal import ANONYMOUS, Person, Principal
from spans.current import within_trace
from spans.part import Kind, Part
from spans.trace import Span, TaskSpans, Trace
from tests.captured_logs import capture_logs
from tests.fixtures.stores.world import ADA

ARCHIVE = trusted_documents()["ArchiveConversation"].text
NO_VARIABLES = VariableValues({}, {})
LIMITS = Limits(tokens=2_000, depth=20, aliases=100)


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


def prepared(name: str) -> Operation:
    """One of our own operations as it is served."""
    preparation = DocumentCache(core_schema(), limits=LIMITS, allows_introspection=False)
    (own,) = (one for one in built_in_documents() if one.name == name)
    return replace(preparation.operation(own.text, None), document=own)


def test_what_is_over_its_budget_has_a_line_with_by_how_much_and_its_variables() -> None:
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
