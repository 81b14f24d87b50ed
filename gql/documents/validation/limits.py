"""Limits that a document is checked against before it is validated.

Validation can be slow for a hostile document: it compares every two fields that are merged, and
visits fragments wherever they are spread. Here each selection is visited once per level, merged as
the executor merges it, and no deeper than allowed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gql.documents.validation.introspection import INTROSPECTION, selections

LIMIT_EXCEEDED = "OPERATION_LIMIT_EXCEEDED"
MAX_COMPARISONS = 5_000
"""Pairs of fields that are merged with each other."""
MAX_SELECTIONS = 2_000
MAX_DIRECTIVES = 100
MAX_INTROSPECTION_DEPTH = 30
"""Levels within introspection fields, where each level may unwrap one type."""
Merged: TypeAlias = tuple[SelectionSetNode, ...]
"""Selection sets that are merged into one in the answer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The maximum numbers of tokens, of levels of fields, and of aliases in a document."""

    tokens: int
    depth: int
    aliases: int


def limit_error(document: DocumentNode, limits: Limits) -> GraphQLError | None:
    """The error for the first limit that the document exceeds; it need not be valid."""
    fragments = {
        definition.name.value: definition.selection_set
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    operations = [
        definition.selection_set
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    ]
    roots = (*operations, *fragments.values())
    directives = _directives(document, roots)
    if directives > MAX_DIRECTIVES:
        text = "The document has {} directives; at most {} are served."
        return _count_error(text, directives, MAX_DIRECTIVES)
    aliases = sum(_aliases(one) for one in roots)
    if aliases > limits.aliases:
        return _count_error(
            "The document has {} aliases; at most {} are served.", aliases, limits.aliases
        )
    return _level_error([(one,) for one in operations], fragments, limits)


def _level_error(
    level: Collection[Merged], fragments: Mapping[str, SelectionSetNode], limits: Limits
) -> GraphQLError | None:
    depth = comparisons = looked_at = 0
    introspected: set[tuple[int, ...]] = set()
    while level:
        depth += 1
        if depth > limits.depth and (
            depth > MAX_INTROSPECTION_DEPTH
            or any(_key(merged) not in introspected for merged in level)
        ):
            message = f"The document is more than {limits.depth} levels deep."
            return GraphQLError(message, extensions={"maximum": limits.depth})
        below: dict[tuple[int, ...], Merged] = {}
        for merged in level:
            fields = _fields(merged, fragments)
            looked_at += 1
            comparisons += sum(len(nodes) ** 2 for nodes in fields.values())
            if looked_at > MAX_SELECTIONS or comparisons > MAX_COMPARISONS:
                return GraphQLError("The document selects the same fields too often.")
            is_introspected = _key(merged) in introspected
            for nodes in fields.values():
                inner = tuple(node.selection_set for node in nodes if node.selection_set)
                if inner:
                    key = _key(inner)
                    below[key] = inner
                    if is_introspected or nodes[0].name.value in INTROSPECTION:
                        introspected.add(key)
        level = below.values()
    return None


def _key(merged: Merged) -> tuple[int, ...]:
    """Identity: comparing nodes would compare everything within them."""
    return tuple(map(id, merged))


def _fields(
    merged: Merged, fragments: Mapping[str, SelectionSetNode]
) -> dict[str, list[FieldNode]]:
    """The fields by response name, each fragment spread once."""
    fields: dict[str, list[FieldNode]] = {}
    spread: set[str] = set()
    waiting = list(merged)
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                name = (selection.alias or selection.name).value
                fields.setdefault(name, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name in fragments and name not in spread:
                    spread.add(name)
                    waiting.append(fragments[name])
    return fields


def _directives(document: DocumentNode, roots: Collection[SelectionSetNode]) -> int:
    count = sum(len(one.directives or ()) for root in roots for one in selections(root))
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            variables = definition.variable_definitions or ()
            count += len(definition.directives or ())
            count += sum(len(one.directives or ()) for one in variables)
    return count


def _aliases(root: SelectionSetNode) -> int:
    return sum(1 for one in selections(root) if isinstance(one, FieldNode) and one.alias)


def _count_error(message: str, count: int, most: int) -> GraphQLError:
    extensions = {"count": count, "maximum": most}
    return GraphQLError(message.format(count, most), extensions=extensions)
