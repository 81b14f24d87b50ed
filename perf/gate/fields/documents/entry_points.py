"""Where generated documents start: a query by some caller, or a root field of our own documents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import (
    FieldNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from gql.documents.trusted_documents import trusted_documents
from perf.gate.data.callers import FEW_ROWS, TWICE_THE_ROWS, CallerGroup
from perf.gate.execution.in_process import InProcessRunner
from perf.gate.fields.documents.schema import root_of
from perf.gate.scenarios.scenario import ScenarioContext
from perf.gate.scenarios.scenarios import scenarios
from perf.gate.scenarios.usual_variables import usual_variables
from services.callers.principal import Principal

# Any: variables are JSON.
Variables = Mapping[str, Any]


class EntryPoint(Protocol):
    """The type of an operation, its own variables, and its caller."""

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`."""

    @property
    def declared(self) -> tuple[str, ...]:
        """Declarations of the operation's own variables."""

    @property
    def root(self) -> str:
        """The name of the root type."""

    async def prepare(
        self, runner: InProcessRunner, callers: CallerGroup
    ) -> tuple[Principal, Variables]:
        """Run the scenario's preparation; returns the caller and the own variables' values."""


@dataclass(frozen=True, slots=True)
class QueryEntry:
    """Queries by one of the callers."""

    caller: Callable[[CallerGroup], Principal]
    kind: str = "query"
    declared: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The name of the query type."""
        return root_of(self.kind)

    async def prepare(
        self, _runner: InProcessRunner, callers: CallerGroup
    ) -> tuple[Principal, Variables]:
        """Return the caller."""
        return self.caller(callers), {}


@dataclass(frozen=True, slots=True)
class ScenarioEntry:
    """A mutation or subscription, run as in the scenario of one of our documents."""

    name: str
    kind: str
    declared: tuple[str, ...]

    @property
    def root(self) -> str:
        """The name of the root type."""
        return root_of(self.kind)

    async def prepare(
        self, runner: InProcessRunner, callers: CallerGroup
    ) -> tuple[Principal, Variables]:
        """Run the scenario's preparation."""
        return await self.prepare_for(callers, ScenarioContext(runner, callers))

    async def prepare_for(
        self, callers: CallerGroup, context: ScenarioContext
    ) -> tuple[Principal, Variables]:
        """The caller, and the usual variables for the objects of the context's callers."""
        document, scenario = trusted_documents()[self.name], scenarios()[self.name]
        return scenario.principal(callers), await usual_variables(document, scenario, context)


@dataclass(frozen=True, slots=True)
class ForeignEntry(ScenarioEntry):
    """The same operation on objects of another account, so that it is refused."""

    async def prepare(
        self, runner: InProcessRunner, callers: CallerGroup
    ) -> tuple[Principal, Variables]:
        """Run the scenario's preparation for the callers, and for another group of them."""
        await self.prepare_for(callers, ScenarioContext(runner, callers))
        others = FEW_ROWS if callers is TWICE_THE_ROWS else TWICE_THE_ROWS
        return await self.prepare_for(callers, ScenarioContext(runner, others))


@dataclass(frozen=True, slots=True)
class RootField:
    """A root field of one of our documents, with its arguments as printed there."""

    entry: ScenarioEntry
    name: str
    given: str


def own_root_fields() -> list[RootField]:
    """The root fields of all mutations and subscriptions that have a scenario."""
    documents = {name: one for name, one in trusted_documents().items() if name in scenarios()}
    return [
        _root_field(name, operation, field)
        for name, document in documents.items()
        for operation in parse(document.text, no_location=True).definitions
        if isinstance(operation, OperationDefinitionNode) and operation.operation.value != "query"
        for field in operation.selection_set.selections
        if isinstance(field, FieldNode)
    ]


def _root_field(name: str, operation: OperationDefinitionNode, field: FieldNode) -> RootField:
    used = _Variables()
    for argument in field.arguments or ():
        visit(argument, used)
    declared = tuple(
        print_ast(one)
        for one in operation.variable_definitions or ()
        if one.variable.name.value in used.names
    )
    arguments = ", ".join(map(print_ast, field.arguments or ()))
    entry = ScenarioEntry(name, operation.operation.value, declared)
    return RootField(entry, field.name.value, f"({arguments})" if arguments else "")


class _Variables(Visitor):
    """Collects the variables in what is visited."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_args: object) -> None:
        """Collect a variable."""
        self.names.add(node.name.value)
