"""Each moment of a request belongs to one part, by a clock that is set by hand."""

import pytest

from spans.part import EVENT_LOOP, Kind, Part
from spans.trace import SelfTime, Span, TaskSpans, Trace, largest_part, seconds_by_kind

WHOLE = Part(Kind.REQUEST, "http")
RESOLVER = Part(Kind.RESOLVER, "Query.viewer")
BATCH, OTHER_BATCH = Part(Kind.BATCH, "quota"), Part(Kind.BATCH, "subscription")
METHOD = Part(Kind.METHOD, "messages.fetch")
DATABASE, OTHER = Part(Kind.DATABASE, "messages.by_id"), Part(Kind.DATABASE, "quota.used")
REPLY, MODEL = Part(Kind.REPLY, "reply"), Part(Kind.MODEL, "model")
JOB = Part(Kind.JOB, "replies")


class Clock:
    """Stands still until it is moved; the event loop is late by a given time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.late = 0.0

    def __call__(self) -> float:
        return self.now

    def seconds(self, now: float) -> float:
        assert now == self.now
        return self.late


class Played:
    """A trace, and tasks of it that are let go on and wait by hand."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.trace = Trace(WHOLE, clock=self.clock, delay=self.clock)

    def lane(self, part: Part = WHOLE, *, is_detached: bool = False) -> TaskSpans:
        return TaskSpans(Span(part, is_continued=part is not WHOLE), is_detached=is_detached)

    def pass_seconds(self, seconds: float) -> None:
        self.clock.now += seconds

    def suspend(self, lane: TaskSpans, *, has_ended: bool = False) -> None:
        self.trace.suspend(lane, None, has_ended=has_ended)

    def taken(self) -> dict[Part, float]:
        uses = self.trace.finish()
        assert sum(use.seconds for use in uses.values()) == pytest.approx(self.trace.seconds)
        return {part: round(use.seconds, 6) for part, use in uses.items() if use.seconds}


def test_time_belongs_to_the_innermost_span() -> None:
    played = Played()
    trace, lane = played.trace, played.lane()
    trace.resume(lane)
    played.pass_seconds(1)
    with trace.span(RESOLVER):
        played.pass_seconds(2)
        with trace.span(METHOD):
            played.pass_seconds(4)
        played.pass_seconds(8)
    played.pass_seconds(16)
    assert played.taken() == {WHOLE: 17, RESOLVER: 10, METHOD: 4}


def test_what_runs_is_not_what_waits_meanwhile() -> None:
    played = Played()
    trace, first, second = played.trace, played.lane(BATCH), played.lane(OTHER_BATCH)
    trace.resume(first)
    requested = trace.enter(DATABASE)
    played.suspend(first)
    played.pass_seconds(1)
    trace.resume(second)
    played.pass_seconds(30)
    played.suspend(second, has_ended=True)
    trace.resume(first)
    trace.leave(requested)
    assert played.taken() == {DATABASE: 1, OTHER_BATCH: 30}


def test_two_statements_at_once_share_what_passes() -> None:
    played = Played()
    trace, first, second = played.trace, played.lane(BATCH), played.lane(OTHER_BATCH)
    for lane, part in ((first, DATABASE), (second, OTHER)):
        trace.resume(lane)
        trace.enter(part)
        played.suspend(lane)
    played.pass_seconds(4)
    trace.resume(first)
    trace.leave(first.spans[-1])
    played.suspend(first, has_ended=True)
    played.pass_seconds(1)
    assert played.taken() == {DATABASE: 2, OTHER: 3}


@pytest.mark.parametrize(
    ("inner", "outer"),
    [(DATABASE, BATCH), (METHOD, BATCH), (BATCH, RESOLVER), (BATCH, WHOLE), (RESOLVER, WHOLE)],
)
def test_a_part_that_waits_for_another_is_not_charged(inner: Part, outer: Part) -> None:
    played = Played()
    waiting, awaited = played.lane(outer), played.lane(inner)
    for lane in (awaited, waiting):
        played.trace.resume(lane)
        played.suspend(lane)
    played.pass_seconds(3)
    assert played.taken() == {inner: 3}


def test_a_late_event_loop_is_nobody_else() -> None:
    played = Played()
    lane = played.lane()
    played.trace.resume(lane)
    requested = played.trace.enter(DATABASE)
    played.suspend(lane)
    played.pass_seconds(31)
    played.clock.late += 30
    played.trace.resume(lane)
    played.trace.leave(requested)
    assert played.taken() == {DATABASE: 1, EVENT_LOOP: 30}


def test_the_own_python_makes_the_loop_late_for_nobody_twice() -> None:
    played = Played()
    lane = played.lane()
    played.trace.resume(lane)
    with played.trace.span(METHOD):
        played.pass_seconds(30)
    # The timer has been due all the time: it says so at once, and does not say it again.
    played.clock.late += 30
    played.trace.enter(DATABASE)
    played.suspend(lane)
    played.pass_seconds(1)
    assert played.taken() == {METHOD: 30, DATABASE: 1}


def test_a_method_is_known_by_its_statement() -> None:
    played = Played()
    trace = played.trace
    trace.resume(played.lane())
    with trace.span(METHOD):
        played.pass_seconds(1)
        with trace.span(DATABASE):
            played.pass_seconds(2)
        with trace.span(OTHER):
            played.pass_seconds(4)
        played.pass_seconds(8)
    known = Part(Kind.METHOD, OTHER.name)
    assert played.taken() == {known: 9, DATABASE: 2, OTHER: 4}


def test_a_reply_is_waited_for_in_what_its_writer_does() -> None:
    played = Played()
    trace, lane, writer = played.trace, played.lane(), played.lane(JOB, is_detached=True)
    trace.resume(lane)
    trace.enter(DATABASE)
    played.suspend(lane)
    trace.resume(writer)
    trace.enter(MODEL)
    played.suspend(writer)
    played.pass_seconds(1)
    trace.resume(lane)
    trace.leave(lane.spans[-1])
    trace.enter(REPLY)
    played.suspend(lane)
    played.pass_seconds(2)
    trace.resume(writer)
    played.suspend(writer, has_ended=True)
    played.pass_seconds(4)
    assert played.taken() == {DATABASE: 1, MODEL: 2, REPLY: 4}


def test_stages_follow_one_another() -> None:
    played = Played()
    admission, execution = Part(Kind.ADMISSION, "a"), Part(Kind.EXECUTION, "e")
    played.trace.resume(played.lane())
    for part in (admission, execution, None):
        played.trace.stage(part)
        played.pass_seconds(1)
    assert played.taken() == {admission: 1, execution: 1, WHOLE: 1}


def test_what_is_counted_is_how_often_a_part_came() -> None:
    played = Played()
    trace = played.trace
    trace.resume(played.lane())
    for _ in range(3):
        with trace.span(RESOLVER):
            pass
        with trace.span(RESOLVER, is_continued=True):
            played.pass_seconds(1)
    assert trace.uses()[RESOLVER] == SelfTime(3, 3)


def test_nothing_is_accounted_for_after_the_end() -> None:
    played = Played()
    trace, lane = played.trace, played.lane()
    trace.resume(lane)
    open_ = trace.enter(BATCH)
    played.pass_seconds(1)
    before = trace.finish()
    played.pass_seconds(9)
    trace.leave(open_)
    played.suspend(lane)
    with trace.span(METHOD):
        played.pass_seconds(9)
    assert before[BATCH] == SelfTime(1, 1)
    assert trace.uses() == before
    assert trace.seconds == 1


def test_seconds_of_a_kind_are_those_of_all_its_parts() -> None:
    assert seconds_by_kind({DATABASE: SelfTime(1, 1), OTHER: SelfTime(1, 2)}) == {Kind.DATABASE: 3}


def test_the_largest_part_in_words() -> None:
    uses = {DATABASE: SelfTime(1, 0.002), METHOD: SelfTime(1, 0.0312), RESOLVER: SelfTime(1, 0.01)}
    assert largest_part(uses) == "python of messages.fetch 31.2 ms"
