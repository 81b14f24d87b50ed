"""What a field costs, declared beside it.

A scalar costs nothing and an object 1; a field of a connection costs 1 for each row of the page
that is asked for, whatever is selected of it. A field that differs has a weight.
"""

from dataclasses import dataclass
from typing import Any

LARGEST_LIST = 100
"""How many items a list is taken to have that declares nothing."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Units: `own` for the field itself, and `each` for each of its objects.

    A list has `most` items, unless the argument `sized_by`, a number or a list, says how many.
    """

    own: int = 0
    each: int = 1
    most: int = LARGEST_LIST
    sized_by: str | None = None


ORDINARY = Weight()
COUNT = Weight(own=1)
"""A scalar for which rows are counted."""
CHANGE = Weight(own=10)
"""A field that changes something."""
ROWS = Weight(own=10, each=0)
"""A list of plain rows that one statement reads, however many they are."""
SHORT_LISTS = {"UserError": 1}
"""How many objects of a type a list has wherever one stands."""
_KEY = "weight"


def declared(weight: Weight) -> dict[str, Weight]:
    """The metadata of a field of this weight."""
    return {_KEY: weight}


# Any: graphql-core keeps whatever belongs to a field under names.
def weight_in(extensions: dict[str, Any]) -> Weight:
    """The weight of the field with these extensions."""
    definition = extensions.get("strawberry-definition")
    weight = definition.metadata.get(_KEY) if definition else None
    return weight if isinstance(weight, Weight) else ORDINARY


def list_size(type_name: str, weight: Weight) -> int:
    """How many objects of a type a list of this weight has."""
    return SHORT_LISTS.get(type_name, weight.most)
