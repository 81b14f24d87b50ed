"""How many items a field of a document has, as its arguments say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

# Any: variables are coerced to whatever their types are.
Variables: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How many items: what the first of `arguments` says that says anything, else `default`.

    An argument is its name with a number, or with the name of a variable in `values`.
    """

    arguments: tuple[tuple[str, int | str], ...]
    default: int

    @property
    def is_fixed(self) -> bool:
        """Whether the variables do not matter."""
        return not any(isinstance(value, str) for _, value in self.arguments)

    def of(self, variables: Variables) -> int:
        """The number of items with these variables."""
        for _, value in self.arguments:
            said = variables.get(value) if isinstance(value, str) else value
            if isinstance(said, int):
                return max(0, said)
            if isinstance(said, list):
                return len(said)
        return self.default


ONE = Size((), 1)
