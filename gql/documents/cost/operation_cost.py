"""The cost of an operation: a tree of the fields that cost something, applied to variables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gql.values.list_sizes import MAX_PAGE_SIZE, ListSize, Variables

Condition: TypeAlias = tuple[str, bool]
"""A variable, and the value with which a field is included."""


_PLAIN_TYPES = frozenset({int, bool, type(None)})
_MAX_CACHED_COSTS = 256
"""Cached costs of one operation, by the values of its variables."""


@dataclass(frozen=True, slots=True)
class CostedField:
    """A field that costs something: once for itself, and again for each of its items.

    The selections are charged for every item; of a connection they are charged once, since its
    items are those of its `edges`. `alternatives` are the selections for each possible type, of
    which the most expensive counts.
    """

    name: str
    own_cost: int
    item_cost: int
    size: ListSize
    is_connection: bool
    is_list: bool
    conditions: tuple[Condition, ...]
    alternatives: tuple[tuple["CostedField", ...], ...]
    is_introspection: bool = False
    """Whether it answers with parts of the schema, which cost this much together."""
    fixed: int | None = field(init=False)

    def __post_init__(self) -> None:
        """Compute once what does not depend on variables."""
        is_fixed = (
            self.size.is_fixed
            and not self.conditions
            and all(one.fixed is not None for fields in self.alternatives for one in fields)
        )
        object.__setattr__(self, "fixed", None)
        if is_fixed:
            object.__setattr__(self, "fixed", self.cost({}))

    def variables(self) -> Iterator[str]:
        """The variables on which the cost depends."""
        yield from (value for _, value in self.size.arguments if isinstance(value, str))
        yield from (name for name, _ in self.conditions)
        for fields in self.alternatives:
            for one in fields:
                yield from one.variables()

    def cost(self, variables: Variables) -> int:
        """The cost with these variables."""
        if self.fixed is not None:
            return self.fixed
        if not _are_met(self.conditions, variables):
            return 0
        return self.of_items(self.size.of(variables), self._inner(variables))

    def of_items(self, size: int, inner: int) -> int:
        """The cost with `size` items, whose selections cost `inner`."""
        if self.is_connection:
            return self.own_cost + size * self.item_cost + inner
        return self.own_cost + size * (self.item_cost + inner)

    def _inner(self, variables: Variables) -> int:
        costs = [sum(one.cost(variables) for one in fields) for fields in self.alternatives]
        return max(costs, default=0)

    def actual(self, variables: Variables, parent: Mapping[str, Any]) -> int:
        """The cost of what the answer contains: like `cost`, but for the items that are there."""
        value = parent.get(self.name)
        if value is None:
            return self.own_cost if self.name in parent else 0
        if self.is_list:
            cost = self.own_cost + self.item_cost * len(value)
            if not self.alternatives:
                return cost
            return cost + sum(self._returned(variables, item) for item in value)
        cost = self.own_cost + (
            self._rows(variables, value) if self.is_connection else self.item_cost
        )
        return cost + self._returned(variables, value) if self.alternatives else cost

    def _rows(self, variables: Variables, connection: Mapping[str, Any]) -> int:
        """The cost of a page's rows, by its edges where they were requested."""
        rows = -1
        for value in connection.values():
            if isinstance(value, list):
                rows = max(rows, len(value))
        return self.item_cost * (self.size.of(variables) if rows < 0 else rows)

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
class ExpensiveField:
    """An expensive field, how many items it asks for, and by which argument."""

    path: str
    cost: int
    size: int
    argument: str | None
    at_most: int | None
    """The size with which the whole operation would not exceed the maximum."""


@dataclass(frozen=True, slots=True)
class OperationCost:
    """The cost of an operation: that of its root fields."""

    fields: tuple[CostedField, ...]
    is_introspection: bool = False
    """Whether it asks about the schema and nothing else."""
    fixed: int | None = field(init=False)
    _names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _known: dict[tuple[Any, ...], int] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Compute once what does not depend on variables, and find those on which the rest does."""
        is_fixed = all(one.fixed is not None for one in self.fields)
        fixed = sum(one.fixed or 0 for one in self.fields) if is_fixed else None
        object.__setattr__(self, "fixed", fixed)
        names = {name for one in self.fields for name in one.variables()}
        object.__setattr__(self, "_names", tuple(sorted(names)))

    def of(self, variables: Variables) -> int:
        """The cost of the operation with its coerced variables."""
        if self.fixed is not None:
            return self.fixed
        key = tuple(map(variables.get, self._names))
        if not _PLAIN_TYPES.issuperset(map(type, key)):
            # Of a list only the length counts.
            key = tuple(len(one) if isinstance(one, list) else one for one in key)
        cost = self._known.get(key)
        if cost is None:
            if len(self._known) >= _MAX_CACHED_COSTS:
                self._known.clear()
            cost = self._known[key] = sum(one.cost(variables) for one in self.fields)
        return cost

    def actual(self, variables: Variables, data: Mapping[str, Any]) -> int:
        """The cost of what the answer contains, at most the cost computed before."""
        returned = sum(one.actual(variables, data) for one in self.fields)
        return min(self.of(variables), returned)

    def most_expensive(
        self, variables: Variables, *, maximum: int, max_count: int = 3
    ) -> list[ExpensiveField]:
        """The most expensive fields that return lists, the most expensive first."""
        excess = self.of(variables) - maximum
        found: list[ExpensiveField] = []
        for one in self.fields:
            _places(one, variables, "", 1, excess, found)
        return sorted(found, key=lambda expensive: -expensive.cost)[:max_count]


def _places(
    one: CostedField,
    variables: Variables,
    parent: str,
    times: int,
    excess: int,
    found: list[ExpensiveField],
) -> int:
    """Add the field, which occurs `times` times, and those within it, where they return lists.

    Returns the cost of the field, so that each is visited once.
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
    elif one.is_connection or (one.is_list and one.item_cost):
        at_most = _at_most((cost - one.own_cost) * times, size, excess)
        if at_most is not None and one.is_connection:
            # A larger page would be refused for its size.
            at_most = min(at_most, MAX_PAGE_SIZE)
        expensive = ExpensiveField(
            path, cost * times, size, _argument(one.size, variables), at_most
        )
        found.insert(place, expensive)
    return cost


def _argument(size: ListSize, variables: Variables) -> str | None:
    for name, value in size.arguments:
        if (variables.get(value) if isinstance(value, str) else value) is not None:
            return name
    return size.arguments[0][0] if size.arguments else None


def _at_most(cost: int, size: int, excess: int) -> int | None:
    """How many of `size` items, which cost `cost`, can stay if `excess` has to go.

    None if not even one can, or if there is no excess.
    """
    if excess <= 0 or not cost:
        return None
    return max(0, (cost - excess) * size // cost) or None


def _are_met(conditions: tuple[Condition, ...], variables: Variables) -> bool:
    return all(variables.get(name) is wanted for name, wanted in conditions)
