"""What one request's time passed in, each moment of it in one part.

A request runs in several tasks, of which one runs at a time. While one runs, the time is that of
its innermost span. While none does, it is of what they wait for (see `spans.part.RANKS`), shared
among several. So the parts add up to the whole, whatever ran at the same time.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple, Protocol

from spans.part import EVENT_LOOP, RANKS, Kind, Part


class Delay(Protocol):
    """Tells how late the event loop was."""

    def seconds(self, now: float) -> float:
        """What has come together until `now`."""


class Use(NamedTuple):
    """How often a part came, and the seconds that were its own."""

    times: int
    seconds: float


class Span:
    """A part while it lasts, with the seconds that are its own and not of spans inside it."""

    __slots__ = ("part", "seconds", "times")

    def __init__(self, part: Part, *, is_continued: bool = False) -> None:
        self.part = part
        self.seconds = 0.0
        self.times = 0 if is_continued else 1


class Lane:
    """One task of a request, with the spans that are open in it, the innermost last.

    A request does not wait for one that `is_detached`, unless it waits for a reply.
    """

    __slots__ = ("is_detached", "spans")

    def __init__(self, base: Span, *, is_detached: bool = False) -> None:
        self.spans = [base]
        self.is_detached = is_detached


class Trace:
    """Accounts for the time of one request, from when it is made until `finish`."""

    def __init__(
        self, root: Part, *, clock: Callable[[], float] = perf_counter, delay: Delay | None = None
    ) -> None:
        self.root = root
        self.is_open = True
        self.running: Lane | None = None
        """The task that runs at the moment."""
        self._clock = clock
        self._delay = delay
        self._lanes: dict[Lane, None] = {}
        self._uses: dict[Part, Use] = {}
        self._around = Span(root)
        """What passes before the first task begins, and after the last has ended."""
        self.began_at = self._at = clock()
        self._delayed = delay.seconds(self._at) if delay else 0.0

    @property
    def seconds(self) -> float:
        """The whole, so far or until it was finished."""
        return (self._clock() if self.is_open else self._at) - self.began_at

    @property
    def current_part(self) -> Part:
        """What the task that runs is at; the whole where none does."""
        return self.root if self.running is None else self.running.spans[-1].part

    def uses(self) -> dict[Part, Use]:
        """What each part took so far."""
        if not self.is_open:
            return self._uses
        self._charge()
        found = dict(self._uses)
        for span in (self._around, *(span for lane in self._lanes for span in lane.spans)):
            _add(found, span)
        return found

    def finish(self) -> dict[Part, Use]:
        """Account for the last moment, and give what each part took."""
        found = self.uses()
        self._uses, self._lanes, self.running = found, {}, None
        self.is_open = False
        return found

    # Tasks.

    def resume(self, lane: Lane) -> Lane | None:
        """A task goes on; give the one that is interrupted by it."""
        self._charge()
        before, self.running = self.running, lane
        self._lanes[lane] = None
        return before

    def suspend(self, lane: Lane, before: Lane | None, *, has_ended: bool) -> None:
        """A task waits, or has ended."""
        if self.is_open:
            self._charge()
            self.running = before
            if has_ended:
                self._lanes.pop(lane, None)
                for span in lane.spans:
                    _add(self._uses, span)

    # Spans.

    def enter(self, part: Part, *, is_continued: bool = False) -> Span:
        """Begin a part in the task that runs; one that `is_continued` is not counted once more."""
        self._charge()
        span = Span(part, is_continued=is_continued)
        if self.running is not None:
            if part.kind is Kind.DATABASE:
                self._name_method(self.running, part)
            self.running.spans.append(span)
        return span

    def leave(self, span: Span) -> None:
        """End a part."""
        self._charge()
        lane = self.running
        if self.is_open and lane is not None and span in lane.spans[1:]:
            lane.spans.remove(span)
            _add(self._uses, span)

    def stage(self, part: Part | None) -> None:
        """Go on with another part in the place of the innermost span; None is for the whole."""
        self._charge()
        if self.running is not None:
            _add(self._uses, self.running.spans[-1])
            self.running.spans[-1] = Span(part or self.root, is_continued=part is None)

    @contextmanager
    def span(self, part: Part, *, is_continued: bool = False) -> Iterator[Span]:
        """A part that lasts as long as the block, which awaits nothing."""
        span = self.enter(part, is_continued=is_continued)
        try:
            yield span
        finally:
            self.leave(span)

    def _name_method(self, lane: Lane, statement: Part) -> None:
        """Know a repository method by its statement, as the database's time is."""
        innermost = lane.spans[-1]
        if innermost.part.kind is Kind.METHOD:
            innermost.part = Part(Kind.METHOD, statement.name)

    def _charge(self) -> None:
        """Account for the time since it was accounted for last."""
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
            self._uses[EVENT_LOOP] = Use(times + 1, seconds + late)
        waiting = self._waiting() or [self._around]
        for span in waiting:
            span.seconds += (passed - late) / len(waiting)

    def _waiting(self) -> list[Span]:
        """The spans in which the request waits while none of its tasks runs."""
        own = _highest([one.spans[-1] for one in self._lanes if not one.is_detached])
        if own and own[0].part.kind is Kind.REPLY:
            return _highest([one.spans[-1] for one in self._lanes if one.is_detached]) or own
        return own


def _highest(spans: list[Span]) -> list[Span]:
    if len(spans) < 2:  # noqa: PLR2004 - nothing to choose from
        return spans
    highest = max(RANKS[span.part.kind] for span in spans)
    return [span for span in spans if RANKS[span.part.kind] == highest]


def _add(uses: dict[Part, Use], span: Span) -> None:
    times, seconds = uses.get(span.part, (0, 0.0))
    uses[span.part] = Use(times + span.times, seconds + span.seconds)


def seconds_by_kind(uses: Mapping[Part, Use]) -> dict[Kind, float]:
    """What the parts of each kind took together."""
    seconds: dict[Kind, float] = {}
    for part, use in uses.items():
        seconds[part.kind] = seconds.get(part.kind, 0.0) + use.seconds
    return seconds


def largest_part(uses: Mapping[Part, Use]) -> str:
    """The part that took most of a request, in words: `python of messages.by_id 31.2 ms`."""
    part, use = max(uses.items(), key=lambda one: one[1].seconds)
    return f"{part.kind} of {part.name} {use.seconds * 1000:.1f} ms"
