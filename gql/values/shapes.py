"""Types whose objects stand for a source, such as a database row: where each attribute comes from.

A shape is written once. Resolvers give the source itself in the place of an object; compiled
execution writes the answer from it. Whoever needs an object gets a view of the source, which works
out an attribute when it is asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from gql.values.cursors import cursor_of_row
from gql.values.ids import global_id

T = TypeVar("T")
S = TypeVar("S")

if TYPE_CHECKING:
    Sourced: TypeAlias = T | S
    """`Sourced[T, S]`: to the schema a T, for which an S stands, such as a row, now or later."""
else:

    class Sourced:
        """What the schema reads of the annotation: the type alone."""

        # Any: an annotation.
        def __class_getitem__(cls, types: tuple[Any, Any]) -> Any:
            """The first of the two."""
            return types[0]


# Any, in this module: sources, columns and attributes are of every type.
@dataclass(frozen=True, slots=True)
class Column:
    """An attribute that is a column, or an item of a tuple.

    It is converted where `convert` is given, unless it is null.
    """

    name: str | int
    convert: Callable[[Any], Any] | None = None

    def value(self, source: Any) -> Any:
        """The attribute of a source."""
        found = source[self.name]
        return found if self.convert is None or found is None else self.convert(found)


@dataclass(frozen=True, slots=True)
class Instant:
    """An attribute that is a column with an instant, as `json_instant` selects it."""

    name: str

    def value(self, source: Any) -> datetime | None:
        """The attribute of a source."""
        text: str | None = source[self.name]
        return None if text is None else datetime.fromisoformat(text[1:-1]).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """An attribute that the source has itself."""

    name: str

    def value(self, source: Any) -> Any:
        """The attribute of a source."""
        return getattr(source, self.name)


@dataclass(frozen=True, slots=True)
class GlobalId:
    """An attribute that is the global id of a `type_name`, from the column `id`."""

    type_name: str

    def value(self, source: Any) -> str:
        """The attribute of a source."""
        return global_id(self.type_name, source["id"])


@dataclass(frozen=True, slots=True)
class Cursor:
    """An attribute that is the cursor of a row among its parent's `list_name`, dated by `at`.

    With an `index` the source is a page, whose row there has the cursor; there may be none.
    """

    list_name: str
    at: str
    index: int | None = None

    def value(self, source: Any) -> str | None:
        """The attribute of a source."""
        if self.index is None:
            return cursor_of_row(self.list_name, self.at, source)
        rows = source.rows
        return cursor_of_row(self.list_name, self.at, rows[self.index]) if rows else None


@dataclass(frozen=True, slots=True)
class Derived:
    """An attribute that `make` makes of the source."""

    make: Callable[[Any], Any]

    def value(self, source: Any) -> Any:
        """The attribute of a source."""
        return self.make(source)


@dataclass(frozen=True, slots=True)
class Nested:
    """An attribute that is an object of the same source; null where the column `unless_null` is."""

    shape: "Shape[Any]"
    unless_null: str | None = None

    def value(self, source: Any) -> Any:
        """The attribute of a source."""
        if self.unless_null is not None and source[self.unless_null] is None:
            return None
        return self.shape.view(source)


Attribute: TypeAlias = Column | Instant | Member | GlobalId | Cursor | Derived | Nested
SOURCE, KEY = "_source", "key"


@dataclass(frozen=True, slots=True, eq=False)
class Shape(Generic[T]):
    """How the attributes of a `cls` come from a source.

    With a `source` class nothing else is taken for one; without it, whatever has the columns.
    `is_part` says that its objects are attributes of others only, and may have several shapes.
    """

    cls: type[T]
    attributes: Mapping[str, Attribute]
    source: type | None = None
    is_part: bool = False
    view_class: type[T] = field(init=False)
    """Whose instances are views, of the source in their attribute `SOURCE`."""

    def __post_init__(self) -> None:
        """Make the shape known as the one that objects of `cls` have."""
        object.__setattr__(self, "view_class", _view_class(self.cls, self.attributes))
        if not self.is_part:
            _shapes[self.cls] = self

    def view_if_any(self, source: Any) -> T | None:
        """The same, or null for null."""
        return None if source is None else self.view(source)

    def view(self, source: Any) -> T:
        """An object that stands for the source."""
        view = object.__new__(self.view_class)
        vars(view)[SOURCE] = source
        return view


def _view_class(cls: type[T], attributes: Mapping[str, Attribute]) -> type[T]:
    def look_up(self: Any, name: str) -> Any:
        attribute = attributes.get(name)
        if attribute is None:
            raise AttributeError(name)
        value = vars(self)[name] = attribute.value(vars(self)[SOURCE])
        return value

    return type(cls.__name__, (cls,), {"__getattr__": look_up, "__module__": cls.__module__})


_shapes: dict[type, Shape[Any]] = {}


def shape_of(cls: type) -> Shape[Any] | None:
    """The shape of a class, where it has one."""
    return _shapes.get(cls)
