"""What a change of the schema does to documents that are in use."""

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

from gql.documents.coordinates import Used, used_by
from services.operations.records import ListedDocument

_ADDED = frozenset(
    {BreakingChangeType.REQUIRED_ARG_ADDED, BreakingChangeType.REQUIRED_INPUT_FIELD_ADDED}
)
# Of a description the first coordinate is the subject, where it has a field or a directive.
_COORDINATE = re.compile(r"@\w+(?:\(\w+:\))?|\w+\.\w+(?:\(\w+:\))?")


@dataclass(frozen=True, slots=True)
class Change:
    """One change, in words, and the documents that use what it changes."""

    is_breaking: bool
    description: str
    documents: tuple[ListedDocument, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A document that is not valid any more, and why."""

    document: ListedDocument
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every change that matters, breaking ones first.

    `broken` are documents that are not valid afterwards and use nothing that a breaking change is
    about, as one that was not valid before.
    """

    changes: tuple[Change, ...]
    broken: tuple[Broken, ...]

    @property
    def breaking(self) -> list[Change]:
        """The changes that can break somebody."""
        return [change for change in self.changes if change.is_breaking]

    @property
    def broken_documents(self) -> list[ListedDocument]:
        """Each document once that a change breaks."""
        broken = [one for change in self.breaking for one in change.documents]
        return list(dict.fromkeys([*broken, *(one.document for one in self.broken)]))


def compared(
    old: GraphQLSchema, new: GraphQLSchema, documents: Sequence[ListedDocument]
) -> Comparison:
    """What becomes of the documents when the schema becomes the new one."""
    parsed = [(one, parse(one.text)) for one in documents]
    used = [(one, used_by(document, old)) for one, document in parsed]
    found: list[BreakingChange | DangerousChange] = [*find_breaking_changes(old, new)]
    found += find_dangerous_changes(old, new)
    changes = tuple(_change(one, used) for one in found)
    explained = {one for change in changes if change.is_breaking for one in change.documents}
    broken = []
    for one, document in parsed:
        errors = [] if one in explained else validate(new, document)
        if errors:
            broken.append(Broken(one, " ".join(errors[0].message.split())))
    return Comparison(changes, tuple(broken))


def _change(
    change: BreakingChange | DangerousChange, used: Iterable[tuple[ListedDocument, Used]]
) -> Change:
    touched = tuple(document for document, uses in used if _uses(uses, change))
    return Change(isinstance(change, BreakingChange), change.description, touched)


def _uses(used: Used, change: BreakingChange | DangerousChange) -> bool:
    match = _COORDINATE.search(change.description)
    if match is None:
        # It is about a type as a whole, which is the first word.
        return change.description.split()[0] in used.coordinates
    coordinate = match.group()
    owner = coordinate.partition(".")[0].partition("(")[0]
    if change.type in _ADDED:
        # Nobody uses it yet: it is missing wherever what it was added to is used.
        return coordinate.partition("(")[0] in used.coordinates or owner in used.input_types
    if change.type is DangerousChangeType.VALUE_ADDED_TO_ENUM:
        # Whoever reads the enum may meet it.
        return owner in used.coordinates
    return coordinate in used.coordinates or owner in used.input_types
