"""One run of a plan: what compiled code asks of it, and what its resolvers have given so far.

Compiled code succeeds as a whole, or the operation is executed by graphql-core, with what
resolvers have given already.
"""

from collections.abc import Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import ExecutionResult
from graphql.execution.types import ExperimentalIncrementalExecutionResults
from graphql.execution.values import VariableValues
from graphql.pyutils import AwaitableOrValue
from orjson import Fragment, loads

from gql.compiler.arguments import Values
from gql.compiler.plan import Plan, Roots
from gql.compiler.sites import CallKey
from gql.runtime.waiting import Pending, settle
from spans.current import current_trace

if TYPE_CHECKING:
    from gql.runtime.executor import CompiledExecutor

Result: TypeAlias = ExecutionResult | ExperimentalIncrementalExecutionResults
_Part: TypeAlias = list[Any]
"""Bytes of the answer; until all is there, with lists of them in slots."""


class EncodedResult(ExecutionResult):
    """A whole answer, whose data is JSON already, and what came of it by the fields' weights."""

    __slots__ = ("cost", "text")

    def __init__(self, text: bytes, cost: int) -> None:
        self.text = text
        self.data = Fragment(text)  # type: ignore[assignment]  # it is written as it stands
        self.errors = None
        self.extensions = None
        self.cost = cost


class PlanExecution:
    """Runs an operation by its plan; `make_executor` is called only where an executor is wanted."""

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

    # Any: the root and the context are whatever resolvers take.
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
        """What each call of a resolver gave."""
        self.pending: list[Pending] = []
        self.slots: list[tuple[_Part, int]] = []
        """Where values of calls belong, the outer before the inner."""
        self.arguments: list[Values] = []
        """Those that are coerced once a request."""
        self.cost = 0
        """What has been written so far, by the weights of the fields."""
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
                    return self._step_back(plan, done)
                done.append(self._joined(part))
            return EncodedResult(b"".join(done), self.cost)
        except Exception:  # noqa: BLE001 - whatever it was, graphql-core meets it again
            return self._step_back(plan, done)

    async def _wait(self, plan: Plan, part: _Part, left: Roots, done: list[bytes]) -> Result:
        try:
            await settle(self)
            done.append(self._joined(part))
            for root in left:
                part = root(self, self.root_value)
                await settle(self)
                done.append(self._joined(part))
            return EncodedResult(b"".join(done), self.cost)
        except Exception:  # noqa: BLE001 - whatever it was, graphql-core meets it again
            result = self._step_back(plan, done)
            return await result if isawaitable(result) else result

    def _joined(self, part: _Part) -> bytes:
        # What a slot holds is whole once the slots inside it are.
        for inner, place in reversed(self.slots):
            if type(inner[place]) is list:
                inner[place] = b"".join(inner[place])
        self.slots.clear()
        return b"".join(part)

    def _step_back(self, plan: Plan, done: list[bytes]) -> AwaitableOrValue[Result]:
        """Have the rest executed by graphql-core, after the fields of a mutation that are done."""
        fields = loads(b"".join((*done, b"}"))) if done else {}
        return self.executor.step_back(plan, self.outcomes, fields)
