"""Compares two schemas: which changes matter to documents in use, and which documents break."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphql import (
    BreakingChange,
    BreakingChangeType,
    DangerousChange,
    DangerousChangeType,
    GraphQLSchema,
    find_breaking_changes,
    find_dangerous_changes,
    parse,
    validate,
)

from gql.documents.registry.schema_usage import SchemaUsage, schema_usage
from services.documents.records import ListedDocument

_ADDED = frozenset(
    {BreakingChangeType.REQUIRED_ARG_ADDED, BreakingChangeType.REQUIRED_INPUT_FIELD_ADDED}
)
# The first coordinate in a description is its subject, if it is a field or a directive.
_COORDINATE = re.compile(r"@\w+(?:\(\w+:\))?|\w+\.\w+(?:\(\w+:\))?")


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One change, its description, and the documents that use what it changes."""

    is_breaking: bool
    description: str
    documents: tuple[ListedDocument, ...]


@dataclass(frozen=True, slots=True)
class BrokenDocument:
    """A document that is not valid in the new schema, and why."""

    document: ListedDocument
    reason: str


@dataclass(frozen=True, slots=True)
class SchemaComparison:
    """Every change that matters, breaking ones first.

    `broken` has documents that are not valid in the new schema although no breaking change
    concerns them, such as those that were not valid before.
    """

    changes: tuple[SchemaChange, ...]
    broken: tuple[BrokenDocument, ...]

    @property
    def breaking(self) -> list[SchemaChange]:
        """The changes that can break somebody."""
        return [change for change in self.changes if change.is_breaking]

    @property
    def broken_documents(self) -> list[ListedDocument]:
        """Every document that is broken, once."""
        broken = [one for change in self.breaking for one in change.documents]
        return list(dict.fromkeys([*broken, *(one.document for one in self.broken)]))


def compare_schemas(
    old: GraphQLSchema, new: GraphQLSchema, documents: Sequence[ListedDocument]
) -> SchemaComparison:
    """The changes between two schemas, with the documents that they concern."""
    parsed = [(one, parse(one.text)) for one in documents]
    used = [(one, schema_usage(document, old)) for one, document in parsed]
    found: list[BreakingChange | DangerousChange] = [*find_breaking_changes(old, new)]
    found += find_dangerous_changes(old, new)
    changes = tuple(_change(one, used) for one in found)
    explained = {one for change in changes if change.is_breaking for one in change.documents}
    broken = []
    for one, document in parsed:
        errors = [] if one in explained else validate(new, document)
        if errors:
            broken.append(BrokenDocument(one, " ".join(errors[0].message.split())))
    return SchemaComparison(changes, tuple(broken))


def _change(
    change: BreakingChange | DangerousChange, used: Iterable[tuple[ListedDocument, SchemaUsage]]
) -> SchemaChange:
    touched = tuple(document for document, uses in used if _uses(uses, change))
    return SchemaChange(isinstance(change, BreakingChange), change.description, touched)


def _uses(used: SchemaUsage, change: BreakingChange | DangerousChange) -> bool:
    match = _COORDINATE.search(change.description)
    if match is None:
        # The change concerns a whole type, which is the first word.
        return change.description.split()[0] in used.coordinates
    coordinate = match.group()
    owner = coordinate.partition(".")[0].partition("(")[0]
    if change.type in _ADDED:
        # Not used yet, but required wherever its field or input is used.
        return coordinate.partition("(")[0] in used.coordinates or owner in used.input_types
    if change.type is DangerousChangeType.VALUE_ADDED_TO_ENUM:
        # Every document that reads the enum may receive the new value.
        return owner in used.coordinates
    return coordinate in used.coordinates or owner in used.input_types
