"""Objects that are made of database rows: where each of their attributes comes from.

A shape is written once. Whoever needs the object has it made; compiled execution knows the shape
and builds its part of the answer from the row, without the object.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar, overload

from asyncpg import Record

from db.form import Written
from gql.ids import global_id

T = TypeVar("T")


# Any, in this module: columns and attributes are of every type.
@dataclass(frozen=True, slots=True)
class Column:
    """An attribute that is a column, converted where `convert` is given."""

    name: str
    convert: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class GlobalId:
    """An attribute that is the global id of a `type_name`, from the column `id`."""

    type_name: str


@dataclass(frozen=True, slots=True)
class Whole:
    """An attribute that `make` makes of the row as a whole."""

    make: Callable[[Record], Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """An attribute that is the scope of the list in which the object stands."""


SCOPE = Scope()


@dataclass(frozen=True, slots=True, eq=False)
class Shape(Generic[T]):
    """How the attributes of a `cls` come from a row; an attribute may be an object of a shape."""

    cls: type[T]
    attributes: "Mapping[str, Attribute]"
    _plain: list[tuple[str, str]] = field(default_factory=list, init=False)
    _converted: list[tuple[str, str, Callable[[Any], Any]]] = field(
        default_factory=list, init=False
    )
    _others: "list[tuple[str, Attribute]]" = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Make the shape known as the one that lists of `cls` have."""
        _shapes[self.cls] = self
        for name, attribute in self.attributes.items():
            if isinstance(attribute, GlobalId):
                self._converted.append((name, "id", partial(global_id, attribute.type_name)))
            elif not isinstance(attribute, Column):
                self._others.append((name, attribute))
            elif attribute.convert is None:
                self._plain.append((name, attribute.name))
            else:
                self._converted.append((name, attribute.name, _quick(attribute.convert)))

    def make(self, row: Record, scope: str | None = None) -> T:
        """The object in a row, standing in the list `scope`."""
        values: dict[str, Any] = {name: row[column] for name, column in self._plain}
        for name, column, convert in self._converted:
            values[name] = convert(row[column])
        for name, attribute in self._others:
            if isinstance(attribute, Whole):
                values[name] = attribute.make(row)
            elif isinstance(attribute, Shape):
                values[name] = attribute.make(row, scope)
            else:
                values[name] = scope
        return self.cls(**values)


def _quick(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same, by a table where an enum's members are looked up by their values."""
    if isinstance(convert, type) and issubclass(convert, Enum):
        return {member.value: member for member in convert}.__getitem__
    return convert


_shapes: dict[type, Shape[Any]] = {}
Attribute: TypeAlias = Column | GlobalId | Whole | Scope | Shape[Any]


class Rows(Sequence[T]):
    """A list whose objects are made of rows, each when it is asked for.

    Of rows that come `written` no objects can be made; compiled execution, which asked for their
    form, puts them into the answer as they are.
    """

    __slots__ = ("_records", "scope", "shape", "written")

    def __init__(
        self,
        rows: Sequence[Record],
        shape: Shape[T],
        *,
        scope: str | None = None,
        written: Written | None = None,
    ) -> None:
        self._records = rows
        self.shape = shape
        self.scope = scope
        self.written = written

    @property
    def rows(self) -> Sequence[Record]:
        """What the objects are made of."""
        if self.written is not None:
            raise TypeError("no objects can be made of what is written")
        return self._records

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> "Rows[T]": ...

    def __getitem__(self, index: int | slice) -> "T | Rows[T]":
        """The object at a place, made anew each time."""
        if isinstance(index, slice):
            return Rows(self.rows[index], self.shape, scope=self.scope)
        return self.shape.make(self.rows[index], self.scope)

    def __iter__(self) -> Iterator[T]:
        """The objects in their order."""
        return (self.shape.make(row, self.scope) for row in self.rows)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.rows)


def shape_of(cls: type) -> Shape[Any] | None:
    """The shape of a class, where it has one."""
    return _shapes.get(cls)


def listed(rows: Rows[T]) -> list[T]:
    """The rows where a field is a list: the executor takes any sequence, the types only a list."""
    return rows  # type: ignore[return-value]  # see above
