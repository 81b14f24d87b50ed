"""How many items a field returns: page sizes, and the sizes that arguments ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

DEFAULT_PAGE_SIZE = 20
"""Rows of a page whose size is not given."""
MAX_PAGE_SIZE = 100
"""Rows that a page may have at most."""
# Any: variables are coerced to whatever their types are.
Variables: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListSize:
    """How many items a field returns: as its first argument that has a value says, or `default`.

    Each of `arguments` is a name with a number, or with the name of a variable.
    """

    arguments: tuple[tuple[str, int | str], ...]
    default: int

    @property
    def is_fixed(self) -> bool:
        """Whether it depends on no variable."""
        return not any(isinstance(value, str) for _, value in self.arguments)

    def of(self, variables: Variables) -> int:
        """The number of items with these variables."""
        for _, value in self.arguments:
            given = variables.get(value) if isinstance(value, str) else value
            if isinstance(given, int):
                return max(0, given)
            if isinstance(given, list):
                return len(given)
        return self.default


ONE = ListSize((), 1)
