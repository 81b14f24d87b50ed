"""Subclasses of graphql-core's executor that run compiled code, or accept sources as objects.

Their answers are exactly those of graphql-core, and they can be used with any schema.
"""

from asyncio import shield
from collections.abc import Awaitable, Sequence
from inspect import isawaitable
from typing import Any, Self
from weakref import proxy

from graphql import (
    ExecutionResult,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLResolveInfoHelpers,
    OperationType,
    located_error,
)
from graphql.execution import Executor, default_field_resolver, default_type_resolver
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.execute import assume_not_async_iterable, assume_not_awaitable
from graphql.execution.executor import to_nodes
from graphql.execution.incremental import IncrementalExecutor
from graphql.pyutils import AwaitableOrValue, Path, is_async_iterable, is_awaitable
from orjson import loads

from gql.compiler.plan import ExecutionPlan
from gql.compiler.plan_cache import OperationPlans, PlanCache
from gql.compiler.resolution.call_sites import CallKey
from gql.compiler.resolution.strawberry_fields import mapping_for
from gql.runtime.error_behavior import ErrorBehavior
from gql.runtime.plan_execution import EncodedResult, PlanExecution, Result
from gql.runtime.replay import Replay
from loaders.batching.loader import LoaderFuture

_store = PlanCache()


# Any, in this module: contexts, values and outcomes are whatever resolvers use.
class _AcceptsSources(Executor[Any]):
    """Accepts a source in place of an object, and handles errors as the request chooses."""

    halts = False

    def with_behavior(self, on_error: ErrorBehavior) -> Self:
        """The same executor, which handles errors of fields like this."""
        if on_error is ErrorBehavior.NULL:
            self.error_propagation = False
        self.halts = on_error is ErrorBehavior.HALT
        return self

    def handle_field_error(
        self,
        raw_error: Exception,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        path: Path,
    ) -> None:
        """Add the error to the answer and null its position, or raise it to the parent's."""
        if self.halts:
            raise located_error(raw_error, to_nodes(field_details_list), path.as_list())
        super().handle_field_error(raw_error, return_type, field_details_list, path)

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Complete an object, or a view of the source that stands for it."""
        mapping = mapping_for(return_type)
        if mapping is not None and not isinstance(result, mapping.cls):
            result = mapping.view(result)
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
        """Await the value, shielded if it is shared with others."""
        if type(result) is LoaderFuture:
            result = shield(result)
        return await super().complete_awaitable_value(
            return_type, field_details_list, info, path, result, position_context
        )


class SourceExecutor(_AcceptsSources):
    """graphql-core's executor, for resolvers that may return sources in place of objects."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        own = proxy(self)

        def gather(values: Sequence[Awaitable[Any]]) -> Awaitable[list[Any]]:
            return own.gather_async_work(values)  # type: ignore[no-any-return]  # a proxy's

        def track(values: Sequence[Awaitable[Any]]) -> None:
            own.track_async_work(values)

        # Not its own methods, whose circle the garbage collector alone could free, and with it all
        # fields that were collected.
        self.async_helpers = GraphQLResolveInfoHelpers(gather=gather, track=track)


class IncrementalSourceExecutor(_AcceptsSources, IncrementalExecutor):
    """The same with incremental delivery."""


class CompiledExecutor(_AcceptsSources, IncrementalExecutor):
    """Runs one operation by its document's plans, or by plans from a cache of the process."""

    plans: OperationPlans | None = None

    def __init__(self, *args: Any, operation_extensions: Any = None, **named: Any) -> None:
        super().__init__(*args, **named)
        self.operation_extensions = operation_extensions
        self._done: dict[str, Any] = {}

    def execute_operation(
        self,
        serially: bool | None = None,  # noqa: FBT001 - graphql-core's signature
    ) -> AwaitableOrValue[Result]:
        """Run the operation; with `serially` the root fields run one after another."""
        is_mutation = self.operation.operation is OperationType.MUTATION
        plan = self._plan() if serially is None or serially is is_mutation else None
        if plan is None:
            return super().execute_operation(serially)
        running = PlanExecution(
            self.root_value, self.context_value, self.variable_values, lambda: self
        )
        return decoded(running.run(plan, may_wait=self.is_awaitable is is_awaitable))

    def fall_back(
        self, plan: ExecutionPlan, outcomes: dict[CallKey, Any], done: dict[str, Any]
    ) -> AwaitableOrValue[Result]:
        """Execute the operation by graphql-core, without calling resolvers again.

        `outcomes` has what they returned, and `done` the completed first fields of a mutation.
        """
        self._done = done
        replay = Replay(plan.sites.by_path(outcomes))
        self.middleware_manager = replay
        result = super().execute_operation()
        if not isawaitable(result):
            self._release(replay)
            return result

        async def awaited() -> Result:
            try:
                return await result
            finally:
                self._release(replay)

        return awaited()

    def execute_fields_serially(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Execute the fields of a mutation, beginning with the first that is not done."""
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

    def _plan(self) -> ExecutionPlan | None:
        """The plan of the operation; None if an option was given that plans do not support."""
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

    def _release(self, replay: Replay) -> None:
        left = replay.left()
        if left:
            self.settle_in_background(left)


def decoded(result: AwaitableOrValue[Result]) -> AwaitableOrValue[Result]:
    """The result with its data decoded."""
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
