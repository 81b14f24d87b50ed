"""The execution of a plan: the state that compiled code uses, and the fallback to graphql-core.

Compiled code succeeds as a whole. Otherwise graphql-core executes the operation, with the values
that resolvers have returned so far.
"""

from collections.abc import Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import ExecutionResult
from graphql.execution.types import ExperimentalIncrementalExecutionResults
from graphql.execution.values import VariableValues
from graphql.pyutils import AwaitableOrValue
from orjson import Fragment, loads

from gql.compiler.plan import ExecutionPlan, Roots
from gql.compiler.resolution.arguments import Values
from gql.compiler.resolution.call_sites import CallKey
from gql.runtime.pending_values import Pending, settle
from spans.current import current_trace

if TYPE_CHECKING:
    from gql.runtime.executor import CompiledExecutor

Result: TypeAlias = ExecutionResult | ExperimentalIncrementalExecutionResults
_Part: TypeAlias = list[Any]
"""Pieces of the answer as bytes; slots hold nested lists until everything has arrived."""


class EncodedResult(ExecutionResult):
    """An answer without errors whose data is encoded already, with the cost of what it contains."""

    __slots__ = ("cost", "text")

    def __init__(self, text: bytes, cost: int) -> None:
        self.text = text
        self.data = Fragment(text)  # type: ignore[assignment]  # orjson copies a fragment as it is
        self.errors = None
        self.extensions = None
        self.cost = cost


class PlanExecution:
    """Runs an operation by its plan; `make_executor` is called only if an executor is needed."""

    __slots__ = (
        "_executor",
        "_make_executor",
        "arguments",
        "context_value",
        "cost",
        "outcomes",
        "pending",
        "root_value",
        "slots",
        "variable_values",
    )

    # Any: the root and the context are whatever resolvers use.
    def __init__(
        self,
        root_value: Any,
        context_value: Any,
        variable_values: VariableValues,
        make_executor: "Callable[[], CompiledExecutor]",
    ) -> None:
        self.root_value = root_value
        self.context_value = context_value
        self.variable_values = variable_values
        self.outcomes: dict[CallKey, Any] = {}
        """The outcome of each call of a resolver."""
        self.pending: list[Pending] = []
        self.slots: list[tuple[_Part, int]] = []
        """Slots for the results of calls, outer ones before inner ones."""
        self.arguments: list[Values] = []
        """The arguments that are coerced once per request."""
        self.cost = 0
        """The cost of what has been encoded so far."""
        self._make_executor = make_executor
        self._executor: CompiledExecutor | None = None

    @property
    def executor(self) -> "CompiledExecutor":
        """graphql-core's executor of the same operation, made at its first use."""
        if self._executor is None:
            self._executor = self._make_executor()
        return self._executor

    def run(self, plan: ExecutionPlan, *, may_wait: bool = True) -> AwaitableOrValue[Result]:
        """Run the operation once; without `may_wait`, an awaitable result leads to the fallback."""
        done: list[bytes] = []
        try:
            if plan.coerce:
                self.arguments = [coerce(self) for coerce in plan.coerce]
            roots = plan.roots if current_trace() is None else plan.traced_roots()
            for number, root in enumerate(roots):
                part = root(self, self.root_value)
                if self.pending:
                    if may_wait:
                        return self._wait(plan, part, roots[number + 1 :], done)
                    return self._fall_back(plan, done)
                done.append(self._joined(part))
            return EncodedResult(b"".join(done), self.cost)
        except Exception:  # noqa: BLE001 - graphql-core will raise and report the same
            return self._fall_back(plan, done)

    async def _wait(
        self, plan: ExecutionPlan, part: _Part, left: Roots, done: list[bytes]
    ) -> Result:
        try:
            await settle(self)
            done.append(self._joined(part))
            for root in left:
                part = root(self, self.root_value)
                await settle(self)
                done.append(self._joined(part))
            return EncodedResult(b"".join(done), self.cost)
        except Exception:  # noqa: BLE001 - graphql-core will raise and report the same
            result = self._fall_back(plan, done)
            return await result if isawaitable(result) else result

    def _joined(self, part: _Part) -> bytes:
        # Inner slots first: an outer one contains them.
        for inner, place in reversed(self.slots):
            if type(inner[place]) is list:
                inner[place] = b"".join(inner[place])
        self.slots.clear()
        return b"".join(part)

    def _fall_back(self, plan: ExecutionPlan, done: list[bytes]) -> AwaitableOrValue[Result]:
        """Let graphql-core execute the rest, after the completed fields of a mutation."""
        fields = loads(b"".join((*done, b"}"))) if done else {}
        return self.executor.fall_back(plan, self.outcomes, fields)
