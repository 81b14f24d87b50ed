"""What is exported of operations that have ended: their costs, and those that went wrong."""

from time import perf_counter
from typing import Protocol

from app.graphql.pipeline.call import OperationCall
from app.graphql.pipeline.operation_facts import OperationFacts
from db.request_scope import RequestScope
from metrics.observations import Outcome, SampleValues
from spans.current import current_trace
from spans.exporter import Exporter
from spans.part import Kind, Part
from spans.recording import Recording
from spans.tracer import NO_FIELDS, Answered

_REQUEST = Part(Kind.REQUEST, "request")


class EndedRun(Protocol):
    """What an operation came to."""

    call: OperationCall
    facts: OperationFacts | None
    work: RequestScope | None
    started: float


def export_ended(
    exporter: Exporter, run: EndedRun, came: SampleValues, *, is_over_budget: bool
) -> None:
    """Complete the recording of an operation that has ended; make one if it went wrong.

    Of a request that was not drawn only the statements are known, and when they ran.
    """
    seconds, _, cost, outcome = came
    facts, trace = run.facts, current_trace()
    recording = None if trace is None else trace.recording
    if recording is None:
        if facts is None or not (is_over_budget or outcome is Outcome.SERVER_ERROR):
            return
        recording = _afterwards(exporter, run, facts)
        if recording is None:
            return
        recording.root.attributes.update(Answered(run.call.log).attributes(), cost=cost)
        run.call.log["trace_id"] = recording.id_text
        exporter.export(recording)
    recording.root.attributes["cost"] = cost
    if facts is not None:
        facts.record.exemplar = (seconds, recording.id_text)


def _afterwards(exporter: Exporter, run: EndedRun, facts: OperationFacts) -> Recording | None:
    recording = exporter.afterwards(_REQUEST, run.started, run.call.fields or NO_FIELDS)
    if recording is None:
        return None
    operation = recording.begin(facts.part, recording.root, run.started)
    for name, began_at, ended_at in (run.work and run.work.timings) or ():
        statement = recording.begin(Part(Kind.DATABASE, name), operation, began_at)
        statement.ended_at = ended_at
    recording.finish(perf_counter())
    return recording
