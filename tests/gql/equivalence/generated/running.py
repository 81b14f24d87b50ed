"""Running one case with both executors, and comparing what came of it."""

from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution import Executor
from graphql.execution.incremental import IncrementalExecutor

from gql.compiler.plan_cache import OperationPlans
from gql.runtime.error_behavior import ErrorBehavior
from gql.runtime.executor import CompiledExecutor

# Any: answers are JSON, and contexts, roots and variables whatever a case makes them.


@dataclass
class Run:
    """What an execution gave, and which resolvers it called."""

    data: Any
    errors: list[GraphQLError]
    calls: list[Any]

    @property
    def answer(self) -> tuple[Any, list[str]]:
        """All that a client sees, in order."""
        return ordered(self.data), [str(error.formatted) for error in self.errors]

    @property
    def nulled(self) -> tuple[Any, set[tuple[str | int, ...]]]:
        """The data, and the places where an error left a null."""
        return ordered(self.data), {_place(self.data, error.path or []) for error in self.errors}


async def run(executor: Executor[Any] | list[GraphQLError]) -> Run:
    """Run an executor that was built, whose context is a list of calls."""
    if isinstance(executor, list):
        return Run(None, executor, [])
    result: Any = executor.execute_operation()
    settled = await result if isawaitable(result) else result
    assert isinstance(settled, ExecutionResult)
    return Run(settled.data, settled.errors or [], executor.context_value)


def ordered(value: Any) -> Any:
    """Objects as lists of pairs, so that the order of keys counts, and leaves with their type."""
    if isinstance(value, dict):
        return [(name, ordered(one)) for name, one in value.items()]
    if isinstance(value, list):
        return [ordered(one) for one in value]
    return repr(value)


def _place(data: Any, path: list[str | int]) -> tuple[str | int, ...]:
    """Where the path ends in a null."""
    for length, key in enumerate(path):
        if data is None:
            return tuple(path[:length])
        data = data[key]
    return tuple(path)


class Both:
    """The two executors of one document, which handle errors like `on_error`.

    graphql-core knows no way to halt: its executor propagates then.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        on_error: ErrorBehavior = ErrorBehavior.PROPAGATE,
    ) -> None:
        self._on_error = on_error
        self._schema = schema
        self._document = document
        self._plans: OperationPlans | None = None
        self.compiled = 0
        """How many cases ran by compiled code to the end."""
        self.stepped_back = 0
        """How many cases were begun by compiled code and ended by graphql-core's."""

    async def stock(self, root: Any, variables: dict[str, Any]) -> Run:
        """Run graphql-core's executor."""
        executor = IncrementalExecutor.build(self._schema, self._document, root, [], variables)
        if isinstance(executor, IncrementalExecutor):
            executor.error_propagation = self._on_error is not ErrorBehavior.NULL
        return await run(executor)

    async def ours(self, root: Any, variables: dict[str, Any]) -> Run:
        """Run ours, by the plans of the document."""
        executor = CompiledExecutor.build(self._schema, self._document, root, [], variables)
        if not isinstance(executor, CompiledExecutor):
            return await run(executor)
        executor.with_behavior(self._on_error)
        if self._plans is None:
            self._plans = OperationPlans(
                self._schema, executor.operation, executor.fragments, is_long_lived=True
            )
        executor.plans = self._plans
        ran = await run(executor)
        if executor.middleware_manager is not None:
            self.stepped_back += 1
        elif self._plans.plan(executor.variable_values) is not None:
            self.compiled += 1
        return ran
