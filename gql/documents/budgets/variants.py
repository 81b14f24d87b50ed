"""Variants of a document, and patterns that select some of them.

A variant has the kind of choice, never the value, for each variable, for each field of an input,
and for the caller. The gate runs variants; the server recognises the variant of a request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Kinds: TypeAlias = Mapping[str, str]
"""Kinds of choices by dotted name of variable or input field; `caller` has the caller's."""
CALLER = "caller"
FLOW = "flow"
"""What was done before, if it is not as usual: only the gate knows, because it has done it."""
ABSENT, NULL, GIVEN, EMPTY = "absent", "null", "given", "empty"
SMALLEST, USUAL, LARGEST = "smallest", "default", "largest"
"""Sizes of pages: one item, up to the default, and more than that."""
NOBODY, PERSON, COMPANY, OPS = "nobody", "person", "company", "ops"
ANOTHER = "another"
"""The caller belongs to another account than what is requested; the server cannot see that."""
_MAY_BE_ANOTHER = frozenset({PERSON, COMPANY})
UNSEEN = frozenset(
    {
        ANOTHER,
        "existing",
        "foreign",
        "deleted",
        "longest",
        "too_long",
        "too_small",
        "too_large",
        "past",
        "repeated",
    }
)
"""Kinds that only the gate knows, because it made the values; the server sees them as given."""


@dataclass(frozen=True, slots=True)
class VariantPattern:
    """Matches variants that make one of the wanted choices for each name.

    A name is a variable's, an input field's dotted name or the last part of one, `caller` or
    `flow`.
    """

    choices: tuple[tuple[str, frozenset[str]], ...]

    def matches(self, kinds: Kinds) -> bool:
        """Whether a variant matches."""
        return all(
            any(kind in wanted for kind in _chosen(kinds, name)) for name, wanted in self.choices
        )

    def may_match(self, kinds: Kinds) -> bool:
        """Whether a variant may match whose kinds are only partly known.

        The server sees that an id or a text is given, but not whose it is, or that it is long.
        """
        return all(
            name == FLOW or any(_may_be(kind, name, wanted) for kind in _chosen(kinds, name))
            for name, wanted in self.choices
        )

    @property
    def is_recognised(self) -> bool:
        """Whether the server can tell such a variant, and not only that it may be one."""
        return all(name != FLOW and wanted - UNSEEN for name, wanted in self.choices)

    def __str__(self) -> str:
        """The pattern as `CHANGES.md` has it."""
        return "{" + ", ".join(f"{name}: {' '.join(sorted(k))}" for name, k in self.choices) + "}"


def _chosen(kinds: Kinds, name: str) -> Iterator[str]:
    end = f".{name}"
    return (kind for path, kind in kinds.items() if path == name or path.endswith(end))


def _may_be(kind: str, name: str, wanted: frozenset[str]) -> bool:
    if kind in wanted:
        return True
    if name == CALLER:
        return ANOTHER in wanted and kind in _MAY_BE_ANOTHER
    return kind == GIVEN


def describe_variant(kinds: Kinds) -> str:
    """The variant on one line, for findings and the log."""
    return ", ".join(f"{name}: {kind}" for name, kind in kinds.items())
