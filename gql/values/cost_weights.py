"""Weights: what a field costs, stated beside the field.

Without a weight a scalar costs nothing, an object 1, and a connection 1 for each row of the
requested page, whatever is selected of it.
"""

from dataclasses import dataclass
from typing import Any

DEFAULT_LIST_SIZE = 100
"""Assumed items of a list whose weight does not say."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Units of cost: `own_cost` for the field itself, and `item_cost` for each of its objects.

    A list is taken to have `assumed_size` items, unless an argument says how many: the one named
    by `slicing_argument`, with a number, or with a list by its length.
    """

    own_cost: int = 0
    item_cost: int = 1
    assumed_size: int = DEFAULT_LIST_SIZE
    slicing_argument: str | None = None


DEFAULT_WEIGHT = Weight()
COUNT_WEIGHT = Weight(own_cost=1)
"""The weight of a scalar for which the database counts rows."""
MUTATION_WEIGHT = Weight(own_cost=10)
"""The weight of a mutation."""
ROWS_WEIGHT = Weight(own_cost=10, item_cost=0)
"""The weight of a list of plain rows that one statement reads, however many there are."""
LIST_SIZES_BY_TYPE = {"UserError": 1}
"""Assumed items of lists of these types, in whatever field."""
_KEY = "weight"


def weight_metadata(weight: Weight) -> dict[str, Weight]:
    """The field metadata that declares this weight."""
    return {_KEY: weight}


# Any: graphql-core's extensions are values of every type.
def weight_of(extensions: dict[str, Any]) -> Weight:
    """The weight of the field with these extensions."""
    definition = extensions.get("strawberry-definition")
    weight = definition.metadata.get(_KEY) if definition else None
    return weight if isinstance(weight, Weight) else DEFAULT_WEIGHT


def assumed_list_size(type_name: str, weight: Weight) -> int:
    """The assumed number of items of a list of a type, in a field of this weight."""
    return LIST_SIZES_BY_TYPE.get(type_name, weight.assumed_size)
