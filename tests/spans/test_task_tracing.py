"""Tasks of a traced request, on event loops as they are; the clock is set by hand."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from time import sleep
from typing import Any

import pytest
import uvloop

from spans.attribution import attributed, attributed_call, attributed_to
from spans.current import current_job, current_trace, job_context, within_job
from spans.part import EVENT_LOOP, Kind, Part
from spans.trace import Trace
from spans.tracer import Tracer, Uses, traced

WHOLE = Part(Kind.REQUEST, "http")
BATCH, METHOD = Part(Kind.BATCH, "quota"), Part(Kind.METHOD, "test_task_tracing.fetch")
DATABASE = Part(Kind.DATABASE, "quota.used")
ENCODER = Part(Kind.ENCODER, "answer")
JOB = Part(Kind.JOB, "replies")

# Any, in this module: coroutines of whatever type.
Scenario = Callable[["Now"], Coroutine[Any, Any, Any]]


class Now:
    """A clock that is moved by what is done."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def work(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    def run_on_loop(work: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(work)

    return run_on_loop


async def taken(scenario: Scenario) -> dict[Part, float]:
    """What the parts of a scenario took, of which nothing may be left over."""
    now = Now()
    trace = Trace(WHOLE, clock=now)
    await traced(trace, scenario(now))
    uses = trace.finish()
    assert sum(use.seconds for use in uses.values()) == now.seconds
    assert asyncio.get_running_loop().get_task_factory() is None
    return {part: use.seconds for part, use in uses.items() if use.seconds}


def test_each_task_has_its_own_time(run: Callable[..., Any]) -> None:
    async def batch(now: Now) -> None:
        now.work(2)
        await asyncio.sleep(0)
        now.work(4)

    async def scenario(now: Now) -> None:
        now.work(1)
        both = asyncio.gather(attributed(BATCH, batch(now)), batch(now))
        now.work(8)
        await both
        now.work(16)

    assert run(taken(scenario)) == {WHOLE: 1 + 2 + 4 + 8 + 16, BATCH: 2 + 4}


def test_what_a_part_starts_is_its_own(run: Callable[..., Any]) -> None:
    async def half(now: Now) -> None:
        await asyncio.sleep(0)
        now.work(3)

    async def batch(now: Now) -> None:
        await asyncio.gather(half(now), half(now))

    async def scenario(now: Now) -> None:
        await attributed(BATCH, batch(now))

    assert run(taken(scenario)) == {BATCH: 6}


def test_a_function_and_a_coroutine_function_say_what_they_are(run: Callable[..., Any]) -> None:
    @attributed_call(ENCODER)
    def encode(now: Now) -> str:
        now.work(1)
        return "text"

    @attributed_to(Kind.METHOD)
    async def fetch(now: Now, *, seconds: float) -> float:
        now.work(seconds)
        await asyncio.sleep(0)
        now.work(seconds)
        return seconds

    async def scenario(now: Now) -> None:
        assert await fetch(now, seconds=2) == 2
        assert encode(now) == "text"

    assert run(taken(scenario)) == {METHOD: 4, ENCODER: 1}
    assert encode(Now()) == "text"
    assert run(fetch(Now(), seconds=2)) == 2


def test_a_failure_ends_its_part_and_goes_on(run: Callable[..., Any]) -> None:
    async def fails(now: Now) -> None:
        await asyncio.sleep(0)
        now.work(1)
        raise ValueError("on purpose")

    async def scenario(now: Now) -> None:
        with pytest.raises(ValueError, match="on purpose"):
            await attributed(DATABASE, fails(now))
        now.work(2)
        with pytest.raises(ValueError, match="on purpose"):
            await asyncio.create_task(attributed(BATCH, fails(now)))
        now.work(4)

    assert run(taken(scenario)) == {DATABASE: 1, BATCH: 1, WHOLE: 6}


def test_a_cancelled_part_cleans_up_and_ends(run: Callable[..., Any]) -> None:
    async def waits(now: Now) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            now.work(3)

    async def scenario(now: Now) -> None:
        task = asyncio.create_task(attributed(BATCH, waits(now)))
        never_begun = asyncio.create_task(attributed(DATABASE, waits(now)))
        never_begun.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task, never_begun])
        assert task.cancelled()
        assert never_begun.cancelled()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await attributed(DATABASE, waits(now))

    assert run(taken(scenario)) == {BATCH: 3, DATABASE: 3}


def test_two_requests_at_once_have_a_trace_each(run: Callable[..., Any]) -> None:
    async def request(now: Now, seconds: float) -> float:
        trace = Trace(WHOLE, clock=now)

        async def work() -> None:
            for _ in range(3):
                await asyncio.sleep(0)
                with trace.span(BATCH):
                    now.work(seconds)

        await traced(trace, work())
        return trace.finish()[BATCH].seconds

    async def scenario() -> tuple[float, float]:
        now = Now()
        return await asyncio.gather(request(now, 1), request(now, 10))

    assert tuple(run(scenario())) == (3, 30)


def test_what_outlives_its_request_disturbs_nothing(run: Callable[..., Any]) -> None:
    async def scenario() -> tuple[dict[Part, float], str]:
        go_on = asyncio.Event()

        async def later() -> str:
            await go_on.wait()
            return await attributed(BATCH, said())

        async def said() -> str:
            return "done"

        async def request(now: Now) -> None:
            now.work(1)
            tasks.append(asyncio.create_task(later()))
            await asyncio.sleep(0)

        tasks: list[asyncio.Task[str]] = []
        found = await taken(request)
        go_on.set()
        return found, await tasks[0]

    assert run(scenario()) == ({WHOLE: 1}, "done")


def test_a_job_that_a_request_starts_is_no_part_of_its_work(run: Callable[..., Any]) -> None:
    async def write(now: Now) -> None:
        assert current_job() == "replies"
        await asyncio.create_task(attributed(DATABASE, asks(now)))

    async def asks(now: Now) -> None:
        await asyncio.sleep(0)
        now.work(4)

    async def scenario(now: Now) -> None:
        job = asyncio.create_task(attributed(JOB, write(now)), context=job_context("replies"))
        now.work(1)
        await job
        assert current_job() is None

    assert run(taken(scenario)) == {WHOLE: 1, DATABASE: 4}


def test_a_context_of_its_own_is_followed_by_nobody(run: Callable[..., Any]) -> None:
    async def detached() -> bool:
        return current_trace() is None and current_job() is None

    async def scenario(now: Now) -> None:
        del now
        with within_job("replies"):
            assert await asyncio.create_task(detached(), context=Context())

    assert run(taken(scenario)) == {}


def test_a_tracer_traces_by_chance_and_notes_what_it_took(run: Callable[..., Any]) -> None:
    noted: list[tuple[str, Uses]] = []
    # Of a quarter, gaps of none, of none, of two and of more: (1 - share) ** gap is what is left.
    draws = iter((0.0, 0.24, 0.5, 0.9))
    tracer = Tracer(0.25, lambda name, uses: noted.append((name, uses)), chance=lambda: next(draws))
    assert [tracer.should_trace() for _ in range(6)] == [True, True, False, False, True, False]
    never, always = Tracer(0.0, lambda *_: None), Tracer(1.0, lambda *_: None)
    assert [never.should_trace() for _ in range(3)] == [False] * 3
    assert [always.should_trace() for _ in range(3)] == [True] * 3

    async def answer() -> str:
        return "answer"

    assert run(tracer.run(WHOLE, answer(), lambda: "Quota")) == "answer"
    assert run(tracer.run(WHOLE, answer(), lambda: None)) == "answer"
    assert [name for name, _ in noted] == ["Quota"]
    assert noted[0][1][WHOLE].times == 1


def test_others_on_the_loop_are_named_as_such(run: Callable[..., Any]) -> None:
    # By the clock of the machine, since it is the loop's own that is late.
    noted: list[Uses] = []
    tracer = Tracer(1.0, lambda _, uses: noted.append(uses))

    async def scenario() -> None:
        loop = asyncio.get_running_loop()

        async def answer() -> None:
            answered = loop.create_future()
            # Somebody holds up the loop while the database's answer comes.
            loop.call_later(0.01, _block, 0.1)
            loop.call_later(0.02, answered.set_result, None)
            await attributed(DATABASE, _result(answered))

        await tracer.run(WHOLE, answer(), lambda: "Quota")

    run(scenario())
    uses = noted[0]
    assert 0.09 <= uses[EVENT_LOOP].seconds <= 0.3
    assert uses[DATABASE].seconds < 0.09


async def _result(future: "asyncio.Future[None]") -> None:
    await future


def _block(seconds: float) -> None:
    sleep(seconds)
