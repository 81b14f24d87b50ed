"""graphql-core's executor, running operations by the code compiled for them.

It answers exactly as graphql-core's own does, whose subclass it is: compiled code succeeds as a
whole, or the operation is executed by graphql-core, with what resolvers have given already. It can
be used as the execution context class of any schema.
"""

from inspect import isawaitable
from typing import Any, TypeAlias

from graphql import ExecutionResult, OperationType
from graphql.execution import default_field_resolver, default_type_resolver
from graphql.execution.incremental import IncrementalExecutor
from graphql.execution.types import ExperimentalIncrementalExecutionResults
from graphql.pyutils import AwaitableOrValue, is_async_iterable, is_awaitable

from gql.execution.arguments import Values
from gql.execution.compiler import Plan
from gql.execution.plans import Plans, PlanStore
from gql.execution.replay import Replay
from gql.execution.sites import Key
from gql.execution.waiting import Pending, settle

Result: TypeAlias = ExecutionResult | ExperimentalIncrementalExecutionResults
_store = PlanStore()


# Any: the context, values and outcomes belong to resolvers.
class CompiledExecutor(IncrementalExecutor):
    """Runs one operation with the plans of its document, or plans of its own."""

    plans: Plans | None = None
    outcomes: dict[Key, Any]
    """What each call of a resolver gave."""
    pending: list[Pending]
    arguments: list[Values]
    """Those that are coerced once a request."""

    def __init__(self, *args: Any, operation_extensions: Any = None, **named: Any) -> None:
        super().__init__(*args, **named)
        self.operation_extensions = operation_extensions

    def execute_operation(
        self,
        serially: bool | None = None,  # noqa: FBT001 - graphql-core's signature
    ) -> AwaitableOrValue[Result]:
        """Run the operation; `serially` says whether root fields follow one another."""
        is_mutation = self.operation.operation is OperationType.MUTATION
        plan = self._plan() if serially is None or serially is is_mutation else None
        if plan is None:
            return super().execute_operation(serially)
        self.outcomes, self.pending = {}, []
        data: dict[str, Any] = {}
        try:
            self.arguments = [coerce(self) for coerce in plan.coerce]
            left = list(plan.roots)
            while left and not self.pending:
                left.pop(0)(self, self.root_value, data)
        except Exception:  # noqa: BLE001 - whatever it was, graphql-core meets it again
            return self._step_back(plan)
        if not self.pending:
            return ExecutionResult(data, None)
        return self._wait(plan, left, data)

    def _plan(self) -> Plan | None:
        """The plan of the operation, where nothing is asked of the executor that it cannot do."""
        if (
            self.middleware_manager is not None
            or self.abort_signal is not None
            or self.hooks is not None
            or self.field_resolver is not default_field_resolver
            or self.type_resolver is not default_type_resolver
            or self.is_awaitable is not is_awaitable
            or self.is_async_iterable is not is_async_iterable
        ):
            return None
        plans = self.plans or _store.plans(self.schema, self.operation, self.fragments)
        return plans.plan(self.variable_values)

    async def _wait(self, plan: Plan, left: list[Any], data: dict[str, Any]) -> Result:
        try:
            await settle(self)
            for root in left:
                root(self, self.root_value, data)
                await settle(self)
        except Exception:  # noqa: BLE001 - whatever it was, graphql-core meets it again
            result = self._step_back(plan)
            return await result if isawaitable(result) else result
        return ExecutionResult(data, None)

    def _step_back(self, plan: Plan) -> AwaitableOrValue[Result]:
        replay = Replay(plan.sites.by_path(self.outcomes))
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

    def _let_go(self, replay: Replay) -> None:
        left = replay.left()
        if left:
            self.settle_in_background(left)
