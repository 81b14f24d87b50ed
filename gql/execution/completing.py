"""The code that completes a value, by its type, in the variable that holds it."""

from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from gql.execution.code import Function
from gql.execution.emission import Emission, Place
from gql.execution.field_code import fields_of
from gql.execution.leaf_code import complete_leaf
from gql.execution.list_code import complete_list
from gql.execution.sources import ObjectSource, Source
from gql.execution.telling import make_sure, tests


class Completing:
    """Writes the code of one operation."""

    def __init__(self, emission: Emission) -> None:
        self.emission = emission

    def root(self, number: int, root: GraphQLObjectType, grouped: GroupedFieldSet) -> str:
        """The function of root fields, which fills the answer: its name."""
        name = f"root{number}"
        out = self.emission.function(f"{name}(run, source, answer)")
        out.line("key = ()")
        out.line("if source is not None: admit(source)")
        built = fields_of(self, out, root, grouped, ObjectSource("source"), Place())
        for key, value in built.entries:
            out.line(f"answer[{key}] = {value}")
        built.wait(out, "answer")
        return name

    def value(
        self,
        out: Function,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        """Complete the raw value in the variable `value`, in its place."""
        if isinstance(type_, GraphQLNonNull):
            self._required(out, type_.of_type, details, value, place)
        elif is_leaf_type(type_):
            complete_leaf(self.emission, out, type_, value, nullable=True)
        else:
            with out.indented(f"if {value} is not None:"):
                self._required(out, type_, details, value, place)

    def members(
        self,
        out: Function,
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        value: str,
        place: Place,
        source: Source | None = None,
    ) -> None:
        """Build the object's part of the answer, now that the type of its value is sure.

        It is read from `value`, or from the `source`, and put into `value`.
        """
        grouped = self.emission.subfields(type_, details)
        built = fields_of(self, out, type_, grouped, source or ObjectSource(value), place)
        pairs = ", ".join(f"{key}: {entry}" for key, entry in built.entries)
        out.line(f"{value} = {{{pairs}}}")
        built.wait(out, value)

    # Any: graphql-core's guards narrow better than its types.
    def _required(
        self, out: Function, type_: Any, details: FieldDetailsList, value: str, place: Place
    ) -> None:
        if is_leaf_type(type_):
            complete_leaf(self.emission, out, type_, value, nullable=False)
        elif isinstance(type_, GraphQLList):
            complete_list(self, out, type_, details, value, place)
        elif is_abstract_type(type_):
            self._abstract(out, type_, details, value, place)
        else:
            make_sure(self.emission, out, type_, value)
            self.members(out, type_, details, value, place)

    def _abstract(
        self,
        out: Function,
        type_: GraphQLAbstractType,
        details: FieldDetailsList,
        value: str,
        place: Place,
    ) -> None:
        found = tests(self.emission, out, type_, value)
        keyword = "if"
        for test, one in found:
            with out.indented(f"{keyword} {test}:"):
                self.members(out, one, details, value, place)
            keyword = "elif"
        out.line("else: raise Unexpected" if found else "raise Unexpected")
