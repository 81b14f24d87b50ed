"""Stepping back: what resolvers have given already is given again, to graphql-core's executor."""

from asyncio import Future, Task, iscoroutine, sleep
from collections.abc import Awaitable, Callable
from typing import Any

from graphql import GraphQLResolveInfo
from graphql.execution import MiddlewareManager
from graphql.pyutils import Path

from gql.compiler.sites import Raised


class Replay(MiddlewareManager):
    """Answers for the resolvers that were called, each with its own outcome, and calls the rest."""

    # Any: outcomes and resolvers are of every kind.
    def __init__(self, outcomes: dict[Path, Any]) -> None:
        super().__init__()
        self._outcomes = outcomes

    def get_field_resolver(self, field_resolver: Callable[..., Any]) -> Callable[..., Any]:
        """Give what the call at the path has given, or call the resolver."""

        def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            if info.path not in self._outcomes:
                return field_resolver(source, info, **arguments)
            outcome = self._outcomes.pop(info.path)
            if type(outcome) is Raised:
                raise outcome.error
            if isinstance(outcome, Future) and outcome.done():
                return _behind(outcome)
            return outcome

        return resolve

    def left(self) -> list[Awaitable[Any]]:
        """What has to be awaited and was not asked for again."""
        return [one for one in self._outcomes.values() if iscoroutine(one) or isinstance(one, Task)]


async def _behind(future: "Future[Any]") -> Any:
    """Its result, after what was found to fail before it: the first failure is the one told."""
    await sleep(0)
    return await future
