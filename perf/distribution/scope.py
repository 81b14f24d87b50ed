"""What is known of the values in one query: which columns are equal, and where they come from."""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from perf.distribution.tables import COLUMNS, DISTRIBUTED


class Origin(NamedTuple):
    """Where a value comes from: a parameter; `is_single` unless it is one of an array's."""

    parameter: str
    is_single: bool

    def of_many(self) -> "Origin":
        """One of several such values."""
        return Origin(self.parameter, is_single=False)


Place: TypeAlias = tuple[str, str]
"""A column, after the name that its table has in the query."""


@dataclass(slots=True)
class Scope:
    """The tables of one query, by their names in it, and the classes of equal columns.

    `outputs` has the columns of what is no table: a CTE, a subquery or a function.
    """

    parent: "Scope | None"
    tables: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, Origin | None]] = field(default_factory=dict)
    _equal: dict[Place, Place] = field(default_factory=dict)
    _origins: dict[Place, Origin] = field(default_factory=dict)

    def place(self, fields: tuple[str, ...]) -> "tuple[Scope, Place] | None":
        """The scope and the place of a column by its name, which may be qualified."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.own_place(fields)
            if found is not None:
                return scope, found
            scope = scope.parent
        return None

    def own_place(self, fields: tuple[str, ...]) -> Place | None:
        """The place of a column of this very query."""
        *qualified, column = fields
        if qualified:
            name = qualified[-1]
            return (name, column) if name in self.tables or name in self.outputs else None
        for name, table in self.tables.items():
            if column in COLUMNS.get(table, ()):
                return name, column
        for name, columns in self.outputs.items():
            if column in columns:
                return name, column
        return None

    def origin(self, place: Place) -> Origin | None:
        """Where the values of a column come from, if that is known."""
        name, column = place
        if name in self.outputs and (found := self.outputs[name].get(column)) is not None:
            return found
        root = self._root(place)
        known = self._origins.get(root)
        if known is not None:
            return known
        return next(filter(None, map(self._origin_in_lookup, self._class_of(root))), None)

    def _class_of(self, root: Place) -> list[Place]:
        return [root, *(place for place in self._equal if self._root(place) == root)]

    def _origin_in_lookup(self, place: Place) -> Origin | None:
        """Of a column of a table that is everywhere: that by which its rows are chosen."""
        name, _ = place
        table = self.tables.get(name)
        if table is None or table in DISTRIBUTED:
            return None
        chosen = (self._origins.get(self._root((name, one))) for one in COLUMNS.get(table, ()))
        return next(filter(None, chosen), None)

    def bind(self, place: Place, origin: Origin) -> None:
        """A column's values come from there; a single value is preferred."""
        root = self._root(place)
        known = self._origins.get(root)
        if known is None or (origin.is_single and not known.is_single):
            self._origins[root] = origin

    def unite(self, one: Place, other: Place) -> None:
        """Two columns are equal."""
        origins = [found for found in (self.origin(one), self.origin(other)) if found]
        self._equal[self._root(one)] = self._root(other)
        for origin in origins:
            self.bind(other, origin)

    def _root(self, place: Place) -> Place:
        while place in self._equal and self._equal[place] != place:
            place = self._equal[place]
        return place

    def everything(self) -> dict[str, Origin | None]:
        """All columns of the query's tables, and where they come from."""
        found: dict[str, Origin | None] = {}
        for columns in self.outputs.values():
            found |= columns
        for name, table in self.tables.items():
            found |= {one: self.origin((name, one)) for one in COLUMNS.get(table, ())}
        return found

    def distributed(self) -> list[tuple[str, Origin | None]]:
        """Each distributed table of the query, and where its distribution column comes from."""
        return [
            (table, self.origin((name, DISTRIBUTED[table])))
            for name, table in self.tables.items()
            if table in DISTRIBUTED
        ]
