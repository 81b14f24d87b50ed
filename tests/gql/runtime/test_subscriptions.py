"""A subscription: its source, its events, and what becomes of failures and of who goes away."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult
from orjson import loads

from gql.context import Info, RequestContext
from gql.documents.document_cache import DocumentCache
from gql.documents.operation import Operation, RequestRefused
from gql.documents.validation.error_formatting import error_locations, formatted
from gql.documents.validation.limits import Limits
from gql.errors import Forbidden
from gql.runtime.execution import coerce_variables
from gql.runtime.plan_execution import EncodedResult
from gql.runtime.subscriptions import StreamFailed, SubscriptionEvent, subscribe
from loaders import Loaders
from metrics.observations import Observations
from services.callers.principal import ANONYMOUS
from services.enterprise.records import UsageContract, UsageLimitMode

LIMITS = Limits(tokens=100, depth=20, aliases=20)
CONTRACT = UsageContract(daily_limit=1, monthly_limit=1, limit_mode=UsageLimitMode.BLOCK)
NOW = datetime(2026, 2, 20, tzinfo=UTC)


@dataclass
class Watched:
    """What became of the source, and the contexts that events ran in."""

    closings: int = 0
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    contexts: list[RequestContext] = field(default_factory=list)


@strawberry.type
class Tick:
    number: int

    @property
    def event_id(self) -> int:
        return self.number * 10

    @strawberry.field
    def seen(self, info: Info) -> bool:
        watched().contexts.append(info.context)
        return True

    @strawberry.field
    async def even(self) -> bool | None:
        if self.number % 2:
            raise Forbidden("This is odd.")
        return True


@strawberry.type
class Query:
    nothing: str | None = None


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, to: int, then: str = "end") -> AsyncGenerator[Tick, None]:
        try:
            for number in range(1, to + 1):
                yield Tick(number=number)
            if then == "fail":
                raise LookupError(then)
            if then == "wait":
                watched().waiting.set()
                await asyncio.Event().wait()
        finally:
            watched().closings += 1

    @strawberry.subscription
    async def plain(self) -> AsyncGenerator[str, None]:
        yield "a text has no number"

    @strawberry.subscription
    async def refused(self) -> AsyncGenerator[str, None]:
        raise Forbidden("Not this one.")
        yield ""

    @strawberry.subscription
    def no_source(self) -> AsyncGenerator[str, None]:
        return 7  # type: ignore[return-value]  # the fault under test


CORE = strawberry.Schema(query=Query, subscription=Subscription)._schema
IN_TIME = {"deadline_seconds": 20.0}
_current: list[Watched] = []


def watched() -> Watched:
    """What the running test watches."""
    return _current[-1]


def operation(text: str) -> Operation:
    return DocumentCache(CORE, limits=LIMITS, allows_introspection=True).operation(text, None)


def new_context() -> RequestContext:
    none: Any = None  # Any: nothing of it is used
    loaders = Loaders(none, subscriptions=none, viewer_id=None, contract=CONTRACT, now=NOW)
    return RequestContext(ANONYMOUS, loaders, NOW, Observations(), none, "request")


def followed(text: str) -> AsyncGenerator[SubscriptionEvent, None]:
    prepared = operation(text)
    return subscribe(
        CORE,
        prepared,
        coerce_variables(CORE, prepared, None),
        new_context(),
        new_context,
        deadline_seconds=20,
    )


def scenario(steps: Callable[[], Awaitable[None]]) -> Watched:
    """Run a test's steps and give what was watched."""

    async def limited() -> None:
        _current.append(Watched())
        async with asyncio.timeout(10):
            await steps()

    asyncio.run(limited())
    return _current.pop()


async def answers(text: str) -> list[tuple[int | None, object]]:
    return [(event.number, _told(event.result)) async for event in followed(text)]


def _told(result: ExecutionResult) -> dict[str, object]:
    response: dict[str, object] = {"data": result.data}
    if isinstance(result, EncodedResult):
        response["data"] = loads(result.text)
    if result.errors:
        response["errors"] = [formatted(error) for error in result.errors]
    return response


def test_every_event_is_numbered_by_its_source_and_runs_in_a_context_of_its_own() -> None:
    async def steps() -> None:
        assert await answers("subscription { tick: ticks(to: 2) { number seen } }") == [
            (10, {"data": {"tick": {"number": 1, "seen": True}}}),
            (20, {"data": {"tick": {"number": 2, "seen": True}}}),
        ]

    seen = scenario(steps)
    assert seen.closings == 1
    assert len({id(context) for context in seen.contexts}) == 2


def test_an_event_that_names_no_number_has_none() -> None:
    async def steps() -> None:
        assert await answers("subscription { plain }") == [
            (None, {"data": {"plain": "a text has no number"}})
        ]

    scenario(steps)


def test_a_field_that_fails_spoils_its_own_event_only() -> None:
    async def steps() -> None:
        first, second = await answers("subscription { ticks(to: 2) { number even } }")
        assert first[1] == {
            "data": {"ticks": {"number": 1, "even": None}},
            "errors": [
                {
                    "message": "This is odd.",
                    "locations": [{"line": 1, "column": 38}],
                    "path": ["ticks", "even"],
                    "extensions": {"code": "FORBIDDEN"},
                }
            ],
        }
        assert second[1] == {"data": {"ticks": {"number": 2, "even": True}}}

    scenario(steps)


@pytest.mark.parametrize(
    ("text", "message", "events"),
    [
        ("subscription { refused }", "Not this one.", 0),
        ("subscription { noSource }", "Subscription field must return AsyncIterable. Rec", 0),
        ('subscription { ticks(to: 2, then: "fail") { number } }', "fail", 2),
    ],
)
def test_a_source_that_fails(text: str, message: str, events: int) -> None:
    async def steps() -> None:
        following = followed(text)
        for _ in range(events):
            await anext(following)
        with pytest.raises(StreamFailed) as failed:
            await anext(following)
        assert failed.value.error.message.startswith(message)
        assert error_locations(failed.value.error) == [(1, 16)]

    scenario(steps)


def test_variables_that_do_not_fit_open_nothing() -> None:
    async def steps() -> None:
        prepared = operation("subscription ($to: Int!) { ticks(to: $to) { number } }")
        with pytest.raises(RequestRefused, match="BAD_USER_INPUT"):
            await anext(
                subscribe(
                    CORE,
                    prepared,
                    coerce_variables(CORE, prepared, {"to": "x"}),
                    new_context(),
                    new_context,
                    deadline_seconds=20,
                )
            )

    assert scenario(steps).closings == 0


def test_closing_between_events_closes_the_source() -> None:
    async def steps() -> None:
        async with aclosing(followed("subscription { ticks(to: 9) { number } }")) as events:
            await anext(events)
            assert watched().closings == 0
        assert watched().closings == 1

    scenario(steps)


def test_cancelling_who_waits_for_an_event_closes_the_source() -> None:
    async def steps() -> None:
        waiting = asyncio.create_task(
            answers('subscription { ticks(to: 1, then: "wait") { number } }')
        )
        await watched().waiting.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert watched().closings == 1

    scenario(steps)


def test_a_source_that_is_no_generator_is_followed_too() -> None:
    class Once:
        """Gives one event; there is nothing to close."""

        def __init__(self) -> None:
            self.events = iter(("once",))

        def __aiter__(self) -> AsyncIterator[str]:
            return self

        async def __anext__(self) -> str:
            try:
                return next(self.events)
            except StopIteration:
                raise StopAsyncIteration from None

    @strawberry.type
    class Other:
        @strawberry.subscription
        def once(self) -> AsyncGenerator[str, None]:
            return Once()  # type: ignore[return-value]  # an iterator is enough

    core = strawberry.Schema(query=Query, subscription=Other)._schema
    prepared = DocumentCache(core, limits=LIMITS, allows_introspection=True).operation(
        "subscription { once }", None
    )

    async def steps() -> None:
        events = [
            event
            async for event in subscribe(
                core,
                prepared,
                coerce_variables(core, prepared, None),
                new_context(),
                new_context,
                deadline_seconds=20,
            )
        ]
        assert [_told(event.result) for event in events] == [{"data": {"once": "once"}}]

    scenario(steps)
