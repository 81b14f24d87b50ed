"""The cost of an operation: a tree of the fields that cost something, applied to variables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gql.values.sizes import LARGEST_SIZE, Size, Variables

Condition: TypeAlias = tuple[str, bool]
"""A variable and the value with which a field is wanted."""


_SAID = frozenset({int, bool, type(None)})
_MOST_KNOWN = 256
"""Of one operation, costs for what its variables said."""


@dataclass(frozen=True, slots=True)
class CostedField:
    """A field that costs something: `own`, and `each` for each of its items.

    What is selected costs as often as there are items, unless the field is a connection, whose
    items are those of its `edges`. `alternatives` are the selections of the types it may have, of
    which the dearest counts.
    """

    name: str
    own: int
    each: int
    size: Size
    is_connection: bool
    is_list: bool
    conditions: tuple[Condition, ...]
    alternatives: tuple[tuple["CostedField", ...], ...]
    is_introspection: bool = False
    """Whether it answers with parts of the schema, which cost `own` together."""
    fixed: int | None = field(init=False)

    def __post_init__(self) -> None:
        """Add up once what the variables cannot change."""
        is_fixed = (
            self.size.is_fixed
            and not self.conditions
            and all(one.fixed is not None for fields in self.alternatives for one in fields)
        )
        object.__setattr__(self, "fixed", None)
        if is_fixed:
            object.__setattr__(self, "fixed", self.cost({}))

    def variables(self) -> Iterator[str]:
        """The variables that its cost depends on."""
        yield from (value for _, value in self.size.arguments if isinstance(value, str))
        yield from (name for name, _ in self.conditions)
        for fields in self.alternatives:
            for one in fields:
                yield from one.variables()

    def cost(self, variables: Variables) -> int:
        """What it costs with these variables."""
        if self.fixed is not None:
            return self.fixed
        if not _are_met(self.conditions, variables):
            return 0
        return self.of_items(self.size.of(variables), self._inner(variables))

    def of_items(self, size: int, inner: int) -> int:
        """What it costs with so many items, whose selections cost `inner`."""
        if self.is_connection:
            return self.own + size * self.each + inner
        return self.own + size * (self.each + inner)

    def _inner(self, variables: Variables) -> int:
        costs = [sum(one.cost(variables) for one in fields) for fields in self.alternatives]
        return max(costs, default=0)

    def actual(self, variables: Variables, parent: Mapping[str, Any]) -> int:
        """What came of it in an answer's object: as `cost` counts, by the items that are there."""
        value = parent.get(self.name)
        if value is None:
            return self.own if self.name in parent else 0
        if self.is_list:
            cost = self.own + self.each * len(value)
            if not self.alternatives:
                return cost
            return cost + sum(self._returned(variables, item) for item in value)
        cost = self.own + (self._rows(variables, value) if self.is_connection else self.each)
        return cost + self._returned(variables, value) if self.alternatives else cost

    def _rows(self, variables: Variables, connection: Mapping[str, Any]) -> int:
        """The rows of a page: its edges, where they were asked for."""
        rows = -1
        for value in connection.values():
            if isinstance(value, list):
                rows = max(rows, len(value))
        return self.each * (self.size.of(variables) if rows < 0 else rows)

    def _returned(self, variables: Variables, value: Any) -> int:
        most = 0
        if isinstance(value, dict):
            for fields in self.alternatives:
                cost = 0
                for one in fields:
                    cost += one.actual(variables, value)
                most = max(most, cost)
        return most


@dataclass(frozen=True, slots=True)
class Dear:
    """A place that costs much, how many items it asks for, and by which argument."""

    path: str
    cost: int
    size: int
    argument: str | None
    at_most: int | None
    """What to ask for there instead so that the whole costs no more than the maximum."""


@dataclass(frozen=True, slots=True)
class OperationCost:
    """What the root fields of an operation cost."""

    fields: tuple[CostedField, ...]
    is_introspection: bool = False
    """Whether it asks about the schema and nothing else."""
    fixed: int | None = field(init=False)
    _names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _known: dict[tuple[Any, ...], int] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Work out once what the variables cannot change, and which of them can change it."""
        is_fixed = all(one.fixed is not None for one in self.fields)
        fixed = sum(one.fixed or 0 for one in self.fields) if is_fixed else None
        object.__setattr__(self, "fixed", fixed)
        names = {name for one in self.fields for name in one.variables()}
        object.__setattr__(self, "_names", tuple(sorted(names)))

    def of(self, variables: Variables) -> int:
        """What the operation costs with its coerced variables."""
        if self.fixed is not None:
            return self.fixed
        said = tuple(map(variables.get, self._names))
        if not _SAID.issuperset(map(type, said)):
            # A list says how many by its length.
            said = tuple(len(one) if isinstance(one, list) else one for one in said)
        cost = self._known.get(said)
        if cost is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            cost = self._known[said] = sum(one.cost(variables) for one in self.fields)
        return cost

    def actual(self, variables: Variables, data: Mapping[str, Any]) -> int:
        """What came of it, at most what it was to cost."""
        returned = sum(one.actual(variables, data) for one in self.fields)
        return min(self.of(variables), returned)

    def dearest(self, variables: Variables, *, maximum: int, most: int = 3) -> list[Dear]:
        """The places with many items that cost most, dearest first."""
        excess = self.of(variables) - maximum
        found: list[Dear] = []
        for one in self.fields:
            _places(one, variables, "", 1, excess, found)
        return sorted(found, key=lambda dear: -dear.cost)[:most]


def _places(
    one: CostedField, variables: Variables, parent: str, times: int, excess: int, found: list[Dear]
) -> int:
    """Add the field, which is met `times` times, and what it selects, where they have many items.

    Gives what the field costs, so that each is looked at once.
    """
    if not _are_met(one.conditions, variables):
        return 0
    place = len(found)
    path = f"{parent}.{one.name}" if parent else one.name
    size = one.size.of(variables)
    below = (path, times if one.is_connection else times * size, excess, found)
    costs = [
        sum(_places(inner, variables, *below) for inner in fields) for fields in one.alternatives
    ]
    cost = one.of_items(size, max(costs, default=0))
    if not cost:
        del found[place:]
    elif one.is_connection or (one.is_list and one.each):
        at_most = _at_most((cost - one.own) * times, size, excess)
        if at_most is not None and one.is_connection:
            # More would be affordable, and then be refused as a page.
            at_most = min(at_most, LARGEST_SIZE)
        dear = Dear(path, cost * times, size, _argument(one.size, variables), at_most)
        found.insert(place, dear)
    return cost


def _argument(size: Size, variables: Variables) -> str | None:
    for name, value in size.arguments:
        if (variables.get(value) if isinstance(value, str) else value) is not None:
            return name
    return size.arguments[0][0] if size.arguments else None


def _at_most(cost: int, size: int, excess: int) -> int | None:
    """How many of `size` items, which cost `cost`, leave the whole within the maximum.

    None where not even one does, or where nothing has to be left out.
    """
    if excess <= 0 or not cost:
        return None
    return max(0, (cost - excess) * size // cost) or None


def _are_met(conditions: tuple[Condition, ...], variables: Variables) -> bool:
    return all(variables.get(name) is wanted for name, wanted in conditions)
