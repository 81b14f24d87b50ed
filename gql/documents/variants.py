"""Variants: the ways in which one document can be asked, and which of them a table means.

A variant says for each variable, for each field of an input and for the caller what kind of choice
is made, never which value. The gate tries variants; the server finds the one that it was asked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Kinds: TypeAlias = Mapping[str, str]
"""What is chosen by the dotted name of a variable or an input's field; who asks as `caller`."""
CALLER = "caller"
ABSENT, NULL, GIVEN, EMPTY = "absent", "null", "given", "empty"
SMALLEST, USUAL, LARGEST = "smallest", "default", "largest"
"""Sizes of pages: one item, up to as many as come by themselves, and more than that."""
NOBODY, PERSON, COMPANY, OPS = "nobody", "person", "company", "ops"
ANOTHER = "another"
"""The caller is of another account than what is asked for; a server cannot know it."""
_MAY_BE_ANOTHER = frozenset({PERSON, COMPANY})


@dataclass(frozen=True, slots=True)
class Where:
    """The variants that make one of the wanted choices for each name.

    A name is a variable's, an input field's dotted name or the last part of one, or `caller`.
    """

    choices: tuple[tuple[str, frozenset[str]], ...]

    def matches(self, kinds: Kinds) -> bool:
        """Whether the variant is one of them."""
        return all(
            any(kind in wanted for kind in _chosen(kinds, name)) for name, wanted in self.choices
        )

    def may_match(self, kinds: Kinds) -> bool:
        """Whether a variant may be one of them of which values are only known to be given.

        The server does not know whether an id that is given is the caller's own, or a text long.
        """
        return all(
            any(_may_be(kind, name, wanted) for kind in _chosen(kinds, name))
            for name, wanted in self.choices
        )

    def __str__(self) -> str:
        """As it is written in the log of changes."""
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


def in_words(kinds: Kinds) -> str:
    """The variant on one line, as findings and the log have it."""
    return ", ".join(f"{name}: {kind}" for name, kind in kinds.items())
