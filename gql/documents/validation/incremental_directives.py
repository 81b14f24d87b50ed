"""Finds `@defer` and `@stream` in documents, and wrong arguments of `@stream`."""

from collections.abc import Iterable

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLStreamDirective,
    Node,
    Visitor,
    get_directive_values,
    visit,
)
from graphql.execution.values import VariableValues


def uses_incremental_delivery(document: DocumentNode) -> bool:
    """Whether the document contains `@defer` or `@stream`."""
    finder = _IncrementalDirectiveFinder()
    visit(document, finder)
    return finder.found


class _IncrementalDirectiveFinder(Visitor):
    found = False

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        self.found |= node.name.value in {"defer", "stream"}


def stream_directive_error(
    definitions: Iterable[Node], values: VariableValues
) -> GraphQLError | None:
    """The error for the first `@stream` whose `initialCount` is null or negative.

    Validation does not find it, since its type is `Int`, and the executor would fail internally.
    """
    finder = _StreamErrorFinder(values)
    for definition in definitions:
        visit(definition, finder)
    return finder.found


class _StreamErrorFinder(Visitor):
    found: GraphQLError | None = None

    def __init__(self, values: VariableValues) -> None:
        super().__init__()
        self._values = values

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        if self.found is not None or not node.directives:
            return
        try:
            stream = get_directive_values(GraphQLStreamDirective, node, self._values)
        except GraphQLError as error:
            self.found = error
            return
        if stream and stream.get("if") is not False:
            count = stream.get("initialCount")
            if count is None or count < 0:
                self.found = GraphQLError("`initialCount` must be 0 or more.", node)
