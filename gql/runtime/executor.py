"""graphql-core's executor, running operations by the code compiled for them.

It answers exactly as graphql-core's own does, whose subclass it is. It can be used as the execution
context class of any schema.
"""

from asyncio import shield
from collections.abc import Awaitable
from inspect import isawaitable
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    OperationType,
)
from graphql.execution import Executor, default_field_resolver, default_type_resolver
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.execute import assume_not_async_iterable, assume_not_awaitable
from graphql.execution.incremental import IncrementalExecutor
from graphql.pyutils import AwaitableOrValue, Path, is_async_iterable, is_awaitable
from orjson import loads

from gql.compiler.plan import Plan
from gql.compiler.plans import Plans, PlanStore
from gql.compiler.sites import CallKey
from gql.compiler.strawberry_fields import shape_for
from gql.runtime.replay import Replay
from gql.runtime.running import EncodedResult, PlanExecution, Result
from loaders.batch import Loaded

_store = PlanStore()


# Any, in this module: the context, values and outcomes belong to resolvers.
class _TakesSources(Executor[Any]):
    """Takes a source for the object that it stands for, where the type has a shape."""

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Complete an object, or the view of a source."""
        shape = shape_for(return_type)
        if shape is not None and not isinstance(result, shape.cls):
            result = shape.view(result)
        return super().complete_object_value(
            return_type, field_details_list, info, path, result, position_context
        )

    async def complete_awaitable_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Await what may be awaited for others too, who are not to lose it."""
        if type(result) is Loaded:
            result = shield(result)
        return await super().complete_awaitable_value(
            return_type, field_details_list, info, path, result, position_context
        )


class SourceExecutor(_TakesSources):
    """graphql-core's executor, to which resolvers may give sources in the place of objects."""


class IncrementalSourceExecutor(_TakesSources, IncrementalExecutor):
    """The same, answering in parts."""


class CompiledExecutor(_TakesSources, IncrementalExecutor):
    """Runs one operation with the plans of its document, or plans of its own."""

    plans: Plans | None = None

    def __init__(self, *args: Any, operation_extensions: Any = None, **named: Any) -> None:
        super().__init__(*args, **named)
        self.operation_extensions = operation_extensions
        self._done: dict[str, Any] = {}

    def execute_operation(
        self,
        serially: bool | None = None,  # noqa: FBT001 - graphql-core's signature
    ) -> AwaitableOrValue[Result]:
        """Run the operation; `serially` says whether root fields follow one another."""
        is_mutation = self.operation.operation is OperationType.MUTATION
        plan = self._plan() if serially is None or serially is is_mutation else None
        if plan is None:
            return super().execute_operation(serially)
        running = PlanExecution(
            self.root_value, self.context_value, self.variable_values, lambda: self
        )
        return decoded(running.run(plan, may_wait=self.is_awaitable is is_awaitable))

    def step_back(
        self, plan: Plan, outcomes: dict[CallKey, Any], done: dict[str, Any]
    ) -> AwaitableOrValue[Result]:
        """Execute the operation as graphql-core does; what was called is not called again.

        What is `done` of a mutation has been completed before the next of its fields began.
        """
        self._done = done
        replay = Replay(plan.sites.by_path(outcomes))
        self.middleware_manager = replay
        result = super().execute_operation()
        if not isawaitable(result):
            self._let_go(replay)
            return result

        async def awaited() -> Result:
            try:
                return await result
            finally:
                self._let_go(replay)

        return awaited()

    def execute_fields_serially(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Execute the fields of a mutation, from the first that is not done."""
        done = self._done
        left = {name: one for name, one in grouped_field_set.items() if name not in done}
        rest = super().execute_fields_serially(
            parent_type, source_value, path, left, position_context
        )
        if not isawaitable(rest):
            return done | rest

        async def joined() -> dict[str, Any]:
            return done | await rest

        return joined()

    def _plan(self) -> Plan | None:
        """The plan of the operation, where nothing is asked of the executor that it cannot do."""
        if (
            self.middleware_manager is not None
            or self.abort_signal is not None
            or self.hooks is not None
            or self.field_resolver is not default_field_resolver
            or self.type_resolver is not default_type_resolver
            or self.is_awaitable not in (is_awaitable, assume_not_awaitable)
            or self.is_async_iterable not in (is_async_iterable, assume_not_async_iterable)
        ):
            return None
        plans = self.plans or _store.plans(self.schema, self.operation, self.fragments)
        return plans.plan(self.variable_values)

    def _let_go(self, replay: Replay) -> None:
        left = replay.left()
        if left:
            self.settle_in_background(left)


def decoded(result: AwaitableOrValue[Result]) -> AwaitableOrValue[Result]:
    """A result with its data as objects."""
    if isawaitable(result):
        return _decoded_later(result)
    if isinstance(result, EncodedResult):
        return ExecutionResult(loads(result.text), None)
    return result


async def _decoded_later(result: Awaitable[Result]) -> Result:
    settled = await result
    if isinstance(settled, EncodedResult):
        return ExecutionResult(loads(settled.text), None)
    return settled
