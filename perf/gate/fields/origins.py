"""Where generated documents begin: a caller who reads, or the root field of our own document."""

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
    """The kind of an operation, the variables that it has by itself, and who asks it."""

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`."""

    @property
    def declared(self) -> tuple[str, ...]:
        """Its own variables, as they are declared."""

    @property
    def root(self) -> str:
        """The type of its root fields."""

    async def begin(self, runner: Runner, callers: Callers) -> tuple[Principal, Variables]:
        """Do what comes before, and give who asks, and the values of its own variables."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Queries of one of the callers."""

    caller: Callable[[Callers], Principal]
    kind: str = "query"
    declared: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The type of what can be read."""
        return root_of(self.kind)

    async def begin(self, _runner: Runner, callers: Callers) -> tuple[Principal, Variables]:
        """Give who asks."""
        return self.caller(callers), {}


@dataclass(frozen=True, slots=True)
class OwnDocument:
    """Changes something, or follows it, as the flow of a document of our own does."""

    name: str
    kind: str
    declared: tuple[str, ...]

    @property
    def root(self) -> str:
        """The type of its root fields."""
        return root_of(self.kind)

    async def begin(self, runner: Runner, callers: Callers) -> tuple[Principal, Variables]:
        """Do as the flow does."""
        flow = FLOWS[self.name]
        return flow.principal(callers), await flow.variables(Asking(runner, callers))


@dataclass(frozen=True, slots=True)
class Strangers(OwnDocument):
    """Does the same with what is somebody else's, and so is refused."""

    async def begin(self, runner: Runner, callers: Callers) -> tuple[Principal, Variables]:
        """Do as the flow does for others."""
        flow = FLOWS[self.name]
        others = FEW if callers is TWICE_AS_MANY else TWICE_AS_MANY
        return flow.principal(callers), await flow.variables(Asking(runner, others))


@dataclass(frozen=True, slots=True)
class RootField:
    """A root field of a document of our own, with its arguments as they stand there."""

    origin: OwnDocument
    name: str
    given: str


def own_root_fields() -> list[RootField]:
    """The root fields of documents with flows that change or follow something."""
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
    """Notes the variables in what is visited."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_args: object) -> None:
        """Note one."""
        self.names.add(node.name.value)
