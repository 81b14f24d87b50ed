"""Replays to graphql-core what resolvers have returned already, after compiled code gave up."""

from asyncio import Future, Task, iscoroutine, sleep
from collections.abc import Awaitable, Callable
from typing import Any

from graphql import GraphQLResolveInfo
from graphql.execution import MiddlewareManager
from graphql.pyutils import Path

from gql.compiler.resolution.call_sites import Raised


class Replay(MiddlewareManager):
    """Middleware that returns the outcomes of earlier calls, and calls the other resolvers."""

    # Any: resolvers return values of every type.
    def __init__(self, outcomes: dict[Path, Any]) -> None:
        super().__init__()
        self._outcomes = outcomes

    def get_field_resolver(self, field_resolver: Callable[..., Any]) -> Callable[..., Any]:
        """Return the outcome of the call at the field's path, or call the resolver."""

        def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            if info.path not in self._outcomes:
                return field_resolver(source, info, **arguments)
            outcome = self._outcomes.pop(info.path)
            if type(outcome) is Raised:
                raise outcome.error
            if isinstance(outcome, Future) and outcome.done():
                return _one_turn_later(outcome)
            return outcome

        return resolve

    def left(self) -> list[Awaitable[Any]]:
        """Outcomes that must still be awaited although they were not used again."""
        return [one for one in self._outcomes.values() if iscoroutine(one) or isinstance(one, Task)]


async def _one_turn_later(future: "Future[Any]") -> Any:
    """The future's result one turn later, so that an earlier failure is still reported first."""
    await sleep(0)
    return await future
