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

from gql.documents.budgets import trusted_documents
from perf.gate.callers import FEW, TWICE_AS_MANY, Callers
from perf.gate.fields.schema import root_of
from perf.gate.flows import FLOWS, Asking
from perf.gate.running import Runner
from services.principal import Principal

# Any: variables are JSON.
Variables = Mapping[str, Any]


class Origin(Protocol):
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

    async def begin(self, runner: Runner, callers: Callers) -> tuple[Principal, Variables]:
        """Run the scenario's preparation; returns the caller and the own variables' values."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Queries by one of the callers."""

    caller: Callable[[Callers], Principal]
    kind: str = "query"
    declared: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The name of the query type."""
        return root_of(self.kind)

    async def begin(self, _runner: Runner, callers: Callers) -> tuple[Principal, Variables]:
        """Return the caller."""
        return self.caller(callers), {}


@dataclass(frozen=True, slots=True)
class OwnDocument:
    """A mutation or subscription, run as in the scenario of one of our documents."""

    name: str
    kind: str
    declared: tuple[str, ...]

    @property
    def root(self) -> str:
        """The name of the root type."""
        return root_of(self.kind)

    async def begin(self, runner: Runner, callers: Callers) -> tuple[Principal, Variables]:
        """Run the scenario's preparation."""
        flow = FLOWS[self.name]
        return flow.principal(callers), await flow.variables(Asking(runner, callers))


@dataclass(frozen=True, slots=True)
class Strangers(OwnDocument):
    """The same operation on objects of another account, so that it is refused."""

    async def begin(self, runner: Runner, callers: Callers) -> tuple[Principal, Variables]:
        """Run the scenario's preparation for another group of callers."""
        flow = FLOWS[self.name]
        others = FEW if callers is TWICE_AS_MANY else TWICE_AS_MANY
        return flow.principal(callers), await flow.variables(Asking(runner, others))


@dataclass(frozen=True, slots=True)
class RootField:
    """A root field of one of our documents, with its arguments as printed there."""

    origin: OwnDocument
    name: str
    given: str


def own_root_fields() -> list[RootField]:
    """The root fields of all mutations and subscriptions that have a scenario."""
    documents = {name: one for name, one in trusted_documents().items() if name in FLOWS}
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
    origin = OwnDocument(name, operation.operation.value, declared)
    return RootField(origin, field.name.value, f"({arguments})" if arguments else "")


class _Variables(Visitor):
    """Collects the variables in what is visited."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_args: object) -> None:
        """Collect a variable."""
        self.names.add(node.name.value)
