"""What the parts of the compiler share: the code in the making, and where in it they stand."""

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

from gql.compiler.arguments import Coerce
from gql.compiler.code import Code, Function, TooMuchCode
from gql.compiler.identifiers import is_name
from gql.compiler.sites import Site, Sites, Step
from gql.values.sizes import Size
from spans.part import Part

MOST_FIELDS = 500
"""Of the code of one operation, fields of several possible types counted for each."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where code stands: what leads there from the call that it completes."""

    steps: tuple[Step, ...] = ()
    indexes: tuple[str, ...] = ()
    each: int = 0
    """What each object costs that is written here."""
    page: Size | None = None
    """How many rows are asked for, where the object is a page: each of them costs that."""

    def field(self, response_name: str, parent: GraphQLObjectType) -> "Place":
        """Where a field of this object stands."""
        return Place((*self.steps, (response_name, parent.name)), self.indexes)

    def item(self, index: str) -> "Place":
        """Where an item of this list stands, which costs nothing more."""
        return Place((*self.steps, None), (*self.indexes, index))

    def costing(self, each: int, page: Size | None = None) -> "Place":
        """The same place, with what is paid there."""
        return replace(self, each=each, page=page)


@dataclass(slots=True)
class Emission:
    """The code of one operation, for values of its variables that decide what is included."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    code: Code = field(default_factory=Code)
    sites: Sites = field(default_factory=Sites)
    coerce: list[Coerce] = field(default_factory=list)
    """What gives the arguments that are coerced once a request."""
    resolvers: dict[str, Part] = field(default_factory=dict)
    """The names of resolvers in the code, and what their time is called."""
    writers: dict[str, Part] = field(default_factory=dict)
    """The names of functions that write values, and what their time is called."""
    columns: dict[str, frozenset[str] | None] = field(default_factory=dict)
    """The names of the columns that are read of what each site gives, and these."""
    fields: int = 0
    items: int = 0
    """How many functions write items of lists, each when it is there."""

    def root_fields(self, root: GraphQLObjectType) -> GroupedFieldSet:
        """What the operation selects."""
        return collect_fields(
            self.schema, self.fragments, self.variables, root, self.operation
        ).grouped_field_set

    def subfields(self, type_: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        """What a field selects of its value, an object of `type_`."""
        return collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, type_, details
        ).grouped_field_set

    @contextmanager
    def function(self, header: str, *, is_joined: bool = False) -> Iterator[Function]:
        """A new function, which takes the running operation as `run` and gives a list of bytes.

        Where it `is_joined` and nothing is put into the list later, it gives all of them in one.
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
        """Raise `TooMuchCode` where a field is one too many."""
        self.fields += 1
        if self.fields > MOST_FIELDS:
            raise TooMuchCode

    def add_site(self, site: Site) -> None:
        """Know a site by its number."""
        self.sites.all.append(site)

    def literal(self, name: str) -> str:
        """A name of the schema, as a text in code."""
        return repr(name) if is_name(name) else self.code.bind(name)
