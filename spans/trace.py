"""The trace of one request, which attributes each moment of its time to one part.

A request has several tasks, of which one runs at a time. While one runs, time goes to its innermost
span. While none runs, it goes to what they wait for (see `spans.part.RANKS`), divided evenly among
several. So the parts add up to the total, whatever happened concurrently.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple, Protocol

from spans.part import EVENT_LOOP, RANKS, Kind, Part
from spans.recording import RecordedSpan, Recording


class Delay(Protocol):
    """Measures how late the event loop was."""

    def seconds(self, now: float) -> float:
        """The accumulated seconds until `now`."""


class SelfTime(NamedTuple):
    """How often a part occurred, and its seconds without those of parts inside it."""

    times: int
    seconds: float


class Span:
    """One occurrence of a part, with its seconds without those of spans inside it."""

    __slots__ = ("part", "recorded", "seconds", "times")

    def __init__(self, part: Part, *, is_continued: bool = False) -> None:
        self.part = part
        self.seconds = 0.0
        self.times = 0 if is_continued else 1
        self.recorded: RecordedSpan | None = None
        """The span that is recorded for it, or the one around it."""


class TaskSpans:
    """The open spans of one task of a request, the innermost last.

    The request does not wait for a task that `is_detached`, unless it waits for a reply.
    """

    __slots__ = ("is_detached", "spans")

    def __init__(self, base: Span, *, is_detached: bool = False) -> None:
        self.spans = [base]
        self.is_detached = is_detached


class Trace:
    """Accounts for the time of one request, from its construction until `finish`.

    With a `recording` its spans are recorded one by one, too.
    """

    def __init__(
        self,
        root: Part,
        *,
        clock: Callable[[], float] = perf_counter,
        delay: Delay | None = None,
        recording: Recording | None = None,
    ) -> None:
        self.recording = recording
        self.root = root
        self.is_open = True
        self.running: TaskSpans | None = None
        """The running task; None while all of them wait."""
        self._clock = clock
        self._delay = delay
        self._tasks: dict[TaskSpans, None] = {}
        self._uses: dict[Part, SelfTime] = {}
        self._outside = Span(root)
        """The time before the first task begins and after the last one ends."""
        self.began_at = self._at = clock()
        self._delayed = delay.seconds(self._at) if delay else 0.0

    @property
    def seconds(self) -> float:
        """The total time, so far or until it was finished."""
        return (self._clock() if self.is_open else self._at) - self.began_at

    @property
    def current_part(self) -> Part:
        """The innermost part of the running task; the root if none runs."""
        return self.root if self.running is None else self.running.spans[-1].part

    @property
    def recorded(self) -> RecordedSpan | None:
        """The innermost recorded span of the running task; None if nothing is recorded."""
        if self.recording is None:
            return None
        return (self.running and self.running.spans[-1].recorded) or self.recording.stage

    def uses(self) -> dict[Part, SelfTime]:
        """The time of each part so far."""
        if not self.is_open:
            return self._uses
        self._charge()
        totals = dict(self._uses)
        for span in (self._outside, *(span for task in self._tasks for span in task.spans)):
            _add(totals, span)
        return totals

    def finish(self) -> dict[Part, SelfTime]:
        """Account for the last moment, and return the time of each part."""
        totals = self.uses()
        self._uses, self._tasks, self.running = totals, {}, None
        if self.recording is not None and self.is_open:
            self.recording.finish(self._at)
        self.is_open = False
        return totals

    # Tasks.

    def resume(self, task: TaskSpans) -> TaskSpans | None:
        """Record that a task resumes; returns the one that it interrupts."""
        self._charge()
        before, self.running = self.running, task
        self._tasks[task] = None
        return before

    def suspend(self, task: TaskSpans, before: TaskSpans | None, *, has_ended: bool) -> None:
        """Record that a task waits or has ended."""
        if self.is_open:
            self._charge()
            self.running = before
            if has_ended:
                self._tasks.pop(task, None)
                for span in task.spans:
                    _add(self._uses, span)
                for span in task.spans[1:]:
                    self._end_recorded(span)

    # Spans.

    def enter(self, part: Part, *, is_continued: bool = False) -> Span:
        """Begin a span in the running task; one that `is_continued` is not counted again."""
        self._charge()
        span = Span(part, is_continued=is_continued)
        if self.recording is not None:
            around = self.recorded or self.recording.root
            span.recorded = self.recording.begin(part, around, self._at)
        if self.running is not None:
            if part.kind is Kind.DATABASE:
                self._name_method(self.running, part)
            self.running.spans.append(span)
        return span

    def leave(self, span: Span) -> None:
        """End a span."""
        self._charge()
        task = self.running
        if self.is_open and task is not None and span in task.spans[1:]:
            task.spans.remove(span)
            _add(self._uses, span)
            self._end_recorded(span)

    def stage(self, part: Part | None) -> None:
        """Replace the innermost span by one of another part; None is the root."""
        self._charge()
        if self.running is not None:
            before = self.running.spans[-1]
            _add(self._uses, before)
            span = self.running.spans[-1] = Span(part or self.root, is_continued=part is None)
            if self.recording is not None:
                self._end_recorded(before)
                root = self.recording.root
                around = (before.recorded and before.recorded.parent) or root
                span.recorded = (
                    root if part is None else self.recording.begin(part, around, self._at)
                )
                self.recording.stage = span.recorded

    @contextmanager
    def span(self, part: Part, *, is_continued: bool = False) -> Iterator[Span]:
        """Open a span for the block, which must not await anything."""
        span = self.enter(part, is_continued=is_continued)
        try:
            yield span
        finally:
            self.leave(span)

    def _end_recorded(self, span: Span) -> None:
        """End what was recorded for a span, if it has one of its own."""
        recorded = span.recorded
        if recorded is not None and recorded.part is span.part and recorded.parent is not None:
            recorded.ended_at = self._at

    def _name_method(self, task: TaskSpans, statement: Part) -> None:
        """Name the enclosing repository method after its statement."""
        innermost = task.spans[-1]
        if innermost.part.kind is Kind.METHOD:
            innermost.part = Part(Kind.METHOD, statement.name)

    def _charge(self) -> None:
        """Attribute the time since the last call."""
        if not self.is_open:
            return
        now = self._clock()
        passed, self._at = now - self._at, now
        delayed = self._delay.seconds(now) if self._delay else 0.0
        late, self._delayed = delayed - self._delayed, delayed
        if self.running is not None:
            self.running.spans[-1].seconds += passed
            return
        late = min(passed, max(0.0, late))
        if late:
            times, seconds = self._uses.get(EVENT_LOOP, (0, 0.0))
            self._uses[EVENT_LOOP] = SelfTime(times + 1, seconds + late)
        waiting = self._waiting_spans() or [self._outside]
        for span in waiting:
            span.seconds += (passed - late) / len(waiting)

    def _waiting_spans(self) -> list[Span]:
        """The spans that the request waits in while none of its tasks runs."""
        waiting = _highest([one.spans[-1] for one in self._tasks if not one.is_detached])
        if waiting and waiting[0].part.kind is Kind.REPLY:
            return _highest([one.spans[-1] for one in self._tasks if one.is_detached]) or waiting
        return waiting


def _highest(spans: list[Span]) -> list[Span]:
    if len(spans) < 2:  # noqa: PLR2004 - nothing to choose from
        return spans
    highest = max(RANKS[span.part.kind] for span in spans)
    return [span for span in spans if RANKS[span.part.kind] == highest]


def _add(uses: dict[Part, SelfTime], span: Span) -> None:
    times, seconds = uses.get(span.part, (0, 0.0))
    uses[span.part] = SelfTime(times + span.times, seconds + span.seconds)


def seconds_by_kind(uses: Mapping[Part, SelfTime]) -> dict[Kind, float]:
    """The total seconds of the parts of each kind."""
    seconds: dict[Kind, float] = {}
    for part, use in uses.items():
        seconds[part.kind] = seconds.get(part.kind, 0.0) + use.seconds
    return seconds


def largest_part(uses: Mapping[Part, SelfTime]) -> str:
    """The part that took longest, as text: `python of messages.by_id 31.2 ms`."""
    part, use = max(uses.items(), key=lambda one: one[1].seconds)
    return f"{part.kind} of {part.name} {use.seconds * 1000:.1f} ms"
