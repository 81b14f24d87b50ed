"""Spans recorded one by one: what is below what, what is bounded, and which jobs are exported."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from services.background.periodic import run_job
from spans.attribution import attributed, begin_recorded
from spans.current import (
    current_trace_id,
    current_traceparent,
    exporting_with,
    propagated_fields,
    within_trace,
)
from spans.exported_jobs import exported_job
from spans.part import Kind, Part
from spans.recording import MOST_SPANS, RecordedSpan, Recording
from spans.trace import Trace
from spans.tracer import Tracer, traced

ROOT, STATEMENT = Part(Kind.REQUEST, "request"), Part(Kind.DATABASE, "users.by_id")
FIELD, BATCH = Part(Kind.RESOLVER, "User.email"), Part(Kind.BATCH, "user")


@dataclass
class Kept:
    """An exporter that keeps what it is given, and records what was drawn."""

    share: float = 0.0
    recordings: list[Recording] = field(default_factory=list)

    def recording(
        self,
        root: Part,
        began_at: float,
        _fields: Mapping[bytes, bytes],
        *,
        is_drawn: bool,
        sampled: bool | None,
    ) -> Recording | None:
        return Recording(root, began_at) if is_drawn or sampled else None

    def afterwards(self, root: Part, began_at: float, _fields: Mapping[bytes, bytes]) -> Recording:
        return Recording(root, began_at)

    def export(self, recording: Recording) -> None:
        self.recordings.append(recording)


class Value:
    """A value that fields wait for."""

    waiting: list[RecordedSpan] | None = None


async def one_statement() -> None:
    await attributed(STATEMENT, asyncio.sleep(0))


async def failing() -> None:
    await one_statement()
    raise LookupError


async def test_a_job_that_fails_is_exported_though_it_was_not_drawn() -> None:
    kept = Kept()
    with exporting_with(kept):
        await run_job("fine", one_statement())
        with pytest.raises(LookupError):
            await run_job("failing", failing())
    (recording,) = kept.recordings
    assert (recording.root.part, recording.root.error) == (
        Part(Kind.JOB, "failing"),
        "LookupError",
    )
    assert [one.part for one in recording.spans[1:]] == [STATEMENT]
    assert recording.spans[1].parent is recording.root


async def test_every_job_is_exported_where_all_are_drawn() -> None:
    kept = Kept(share=1.0)
    with exporting_with(kept):
        await run_job("fine", one_statement())
    assert [one.root.part.name for one in kept.recordings] == ["fine"]


async def test_a_job_of_a_request_is_below_it_and_outlives_it() -> None:
    kept = Kept(share=1.0)
    tracer = Tracer(0.0, lambda *_: None, exporter=kept)
    release = asyncio.Event()

    async def job() -> None:
        await release.wait()
        await one_statement()

    async def request() -> asyncio.Task[None]:
        return asyncio.create_task(exported_job("reply", job()))

    assert tracer.should_trace()
    task = await tracer.run(ROOT, request(), lambda: None)
    (of_request,) = kept.recordings
    release.set()
    await task
    of_job = kept.recordings[1]
    assert of_job.trace_id == of_request.trace_id
    assert of_job.parent_id == of_request.root.span_id
    assert [one.part for one in of_job.spans] == [Part(Kind.JOB, "reply"), STATEMENT]


async def test_what_is_told_to_others_names_the_running_span() -> None:
    recording = Recording(ROOT, 0.0, trace_id=10, trace_state="vendor=1")
    trace = Trace(ROOT, recording=recording)
    told: list[str | None] = []

    async def ask() -> None:
        told.append(current_traceparent())

    async def work() -> None:
        await attributed(Part(Kind.PAYMENTS, "stripe"), ask())
        assert current_trace_id() == f"{10:032x}"
        assert propagated_fields()["tracestate"] == "vendor=1"
        end = begin_recorded(Part(Kind.ATTEMPT, "chat"))
        assert end is not None
        end("timeout")

    await traced(trace, work())
    _, payment, attempt = recording.spans
    assert told == [f"00-{10:032x}-{payment.span_id:016x}-01"]
    assert (attempt.error, attempt.parent) == ("timeout", recording.root)
    assert (current_traceparent(), propagated_fields(), current_trace_id()) == (None, {}, None)


def test_a_field_lasts_as_long_as_what_it_waited_for() -> None:
    recording = Recording(ROOT, 0.0)
    asked = recording.begin(FIELD, recording.root, 1.0)
    assert recording.begin(FIELD, recording.root, 2.0) is asked
    asked.ended_at = 2.0
    batch = recording.begin(BATCH, recording.root, 3.0)
    value, other = Value(), Value()
    value.waiting, other.waiting = [asked], [asked]
    batch.awaited, batch.ended_at = [value, other], 5.0
    recording.finish(6.0)
    assert (asked.calls, asked.ended_at, recording.root.ended_at) == (2, 5.0, 6.0)
    assert batch.waited_for_by() == [asked]


def test_a_recording_is_bounded() -> None:
    recording = Recording(ROOT, 0.0)
    for number in range(MOST_SPANS + 9):
        recording.begin(STATEMENT, recording.root, float(number))
    assert (len(recording.spans), recording.dropped) == (MOST_SPANS, 10)


def test_where_nothing_is_recorded_nothing_begins() -> None:
    with within_trace(Trace(ROOT)):
        assert begin_recorded(STATEMENT) is None
        assert current_traceparent() is None
