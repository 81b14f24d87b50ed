"""The state of code generation: the code so far, and the position in the operation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from graphql import GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from db.page import PageReads
from gql.compiler.codegen.code import Code, CodeLimitExceeded, Function
from gql.compiler.identifiers import is_identifier
from gql.compiler.resolution.arguments import CoerceArguments
from gql.compiler.resolution.call_sites import CallSite, CallSites, Step
from gql.values.list_sizes import ListSize
from spans.part import Part

MAX_FIELDS = 500
"""Fields in the code of one operation, counted once for each possible type."""


@dataclass(frozen=True, slots=True)
class CodePosition:
    """A position in an operation: the path from the call whose result is encoded."""

    steps: tuple[Step, ...] = ()
    indexes: tuple[str, ...] = ()
    item_cost: int = 0
    """The cost of each object that is encoded here."""
    page: ListSize | None = None
    """The requested rows, if the object is a page: each row has that cost instead."""

    def field(self, response_name: str, parent: GraphQLObjectType) -> "CodePosition":
        """The position of a field of this object."""
        return CodePosition((*self.steps, (response_name, parent.name)), self.indexes)

    def item(self, index: str) -> "CodePosition":
        """The position of an item of this list."""
        return CodePosition((*self.steps, None), (*self.indexes, index))

    def costing(self, item_cost: int, page: ListSize | None = None) -> "CodePosition":
        """The same position, with the cost of its objects."""
        return replace(self, item_cost=item_cost, page=page)


@dataclass(slots=True)
class CodegenContext:
    """The code of one operation, for given values of the variables that decide what is included."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    code: Code = field(default_factory=Code)
    sites: CallSites = field(default_factory=CallSites)
    coerce: list[CoerceArguments] = field(default_factory=list)
    """Functions that coerce the arguments that are coerced once per request."""
    resolvers: dict[str, Part] = field(default_factory=dict)
    """The resolvers' names in the code, with their parts of a trace."""
    writers: dict[str, Part] = field(default_factory=dict)
    """The names of functions that encode values, with their parts of a trace."""
    reads: dict[str, PageReads | None] = field(default_factory=dict)
    """By name in the code: what is read of the rows or of the page of each site."""
    fields: int = 0
    items: int = 0
    """How many functions there are that encode single items of lists."""

    def root_fields(self, root: GraphQLObjectType) -> GroupedFieldSet:
        """The root fields that the operation selects."""
        return collect_fields(
            self.schema, self.fragments, self.variables, root, self.operation
        ).grouped_field_set

    def subfields(self, type_: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        """The fields that are selected of a field's value, an object of `type_`."""
        return collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, type_, details
        ).grouped_field_set

    @contextmanager
    def function(self, header: str, *, is_joined: bool = False) -> Iterator[Function]:
        """Generate a function that takes the execution as `run` and returns a list of bytes.

        With `is_joined` it returns the joined bytes, unless the list has slots to be filled later.
        """
        out = self.code.function(header)
        out.line("w = []")
        names = out.reserve()
        yield out
        out.flush()
        if out.has_slots:
            shared = "run.outcomes, run.pending, run.slots, run.arguments"
            out.fill(names, f"outcomes, pending, slots, shared = {shared}")
        out.line("return w" if out.has_slots or not is_joined else "return join(w)")

    def count_field(self) -> None:
        """Count a field; raises `CodeLimitExceeded` if it is one too many."""
        self.fields += 1
        if self.fields > MAX_FIELDS:
            raise CodeLimitExceeded

    def add_site(self, site: CallSite) -> None:
        """Add a site, whose number is its index."""
        self.sites.all.append(site)

    def literal(self, name: str) -> str:
        """A name of the schema as a string in code."""
        return repr(name) if is_identifier(name) else self.code.bind(name)
