"""One run of a plan: what compiled code asks of it, and what its resolvers have given so far.

Compiled code succeeds as a whole, or the operation is executed by graphql-core, with what
resolvers have given already.
"""

from collections.abc import Callable
from inspect import isawaitable
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import ExecutionResult
from graphql.execution.types import ExperimentalIncrementalExecutionResults
from graphql.execution.values import VariableValues
from graphql.pyutils import AwaitableOrValue

from gql.execution.arguments import Values
from gql.execution.compiler import Plan
from gql.execution.sites import Key
from gql.execution.waiting import Pending, settle
from spans.current import current_trace

if TYPE_CHECKING:
    from gql.execution.executor import CompiledExecutor

Result: TypeAlias = ExecutionResult | ExperimentalIncrementalExecutionResults


class Running:
    """Runs an operation by its plan; `make_executor` is called only where an executor is wanted.

    An answer that `is_written` by orjson may have parts in it that are JSON already.
    """

    __slots__ = (
        "_done",
        "_executor",
        "_make_executor",
        "arguments",
        "context_value",
        "is_written",
        "outcomes",
        "pending",
        "root_value",
        "variable_values",
    )

    # Any: the root and the context are whatever resolvers take.
    def __init__(
        self,
        root_value: Any,
        context_value: Any,
        variable_values: VariableValues,
        make_executor: "Callable[[], CompiledExecutor]",
        *,
        is_written: bool = False,
    ) -> None:
        self.root_value = root_value
        self.context_value = context_value
        self.variable_values = variable_values
        self.outcomes: dict[Key, Any] = {}
        """What each call of a resolver gave."""
        self.pending: list[Pending] = []
        self.arguments: list[Values] = []
        """Those that are coerced once a request."""
        self.is_written = is_written
        self._done = 0
        self._make_executor = make_executor
        self._executor: CompiledExecutor | None = None

    @property
    def executor(self) -> "CompiledExecutor":
        """The executor of graphql-core's that does what compiled code leaves to it."""
        if self._executor is None:
            self._executor = self._make_executor()
        return self._executor

    def run(self, plan: Plan, *, may_wait: bool = True) -> AwaitableOrValue[Result]:
        """Run the operation once; where it may not wait, what has to be awaited is unexpected."""
        data: dict[str, Any] = {}
        try:
            if plan.coerce:
                self.arguments = [coerce(self) for coerce in plan.coerce]
            roots = plan.roots if current_trace() is None else plan.traced_roots()
            for number, root in enumerate(roots, 1):
                self._done = len(data)
                root(self, self.root_value, data)
                if self.pending:
                    if may_wait:
                        return self._wait(plan, roots[number:], data)
                    break
        except Exception:  # noqa: BLE001 - whatever it was, graphql-core meets it again
            return self._step_back(plan, data)
        return self._step_back(plan, data) if self.pending else ExecutionResult(data, None)

    async def _wait(
        self, plan: Plan, left: tuple[Callable[..., None], ...], data: dict[str, Any]
    ) -> Result:
        try:
            await settle(self)
            for root in left:
                self._done = len(data)
                root(self, self.root_value, data)
                await settle(self)
        except Exception:  # noqa: BLE001 - whatever it was, graphql-core meets it again
            result = self._step_back(plan, data)
            return await result if isawaitable(result) else result
        return ExecutionResult(data, None)

    def _step_back(self, plan: Plan, data: dict[str, Any]) -> AwaitableOrValue[Result]:
        done = dict(islice(data.items(), self._done))
        return self.executor.step_back(plan, self.outcomes, done)
