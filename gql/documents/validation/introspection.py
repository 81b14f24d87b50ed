"""Whether a document asks about the schema itself."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

INTROSPECTION = frozenset({"__schema", "__type"})
"""The root fields that answer with parts of the schema."""
_SHOWS_SCHEMA = INTROSPECTION | {"_service"}
"""Those, and that with which a subgraph answers with all of it, as a text."""


def selections(root: SelectionSetNode) -> Iterator[SelectionNode]:
    """Every selection within a selection set, without entering fragment spreads."""
    waiting = [root]
    while waiting:
        for selection in waiting.pop().selections:
            yield selection
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
                waiting.append(selection.selection_set)


def first_introspection_field(document: DocumentNode) -> FieldNode | None:
    """The first field of a document that shows the schema, in operations or fragments, if any."""
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            for one in selections(definition.selection_set):
                if isinstance(one, FieldNode) and one.name.value in _SHOWS_SCHEMA:
                    return one
    return None
