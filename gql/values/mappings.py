"""Mappings from sources, such as database rows, to the objects of GraphQL types.

A type's mapping says where each of its attributes comes from. Resolvers return the source itself
in place of an object, and compiled code encodes the answer directly from it. Where an object is
needed, it is a view of the source that computes each attribute at its first use.
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
    """`Sourced[T, S]`: a T in the schema, for which the resolver returns the source S."""
else:

    class Sourced:
        """At run time the annotation is the GraphQL type alone, which strawberry reads."""

        # Any: an annotation.
        def __class_getitem__(cls, types: tuple[Any, Any]) -> Any:
            """The first of the two."""
            return types[0]


# Any, in this module: sources, columns and attributes are of every type.
@dataclass(frozen=True, slots=True)
class Column:
    """An attribute that is a column of a row, or an item of a tuple.

    `convert`, if given, is applied unless the value is null.
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
    """An attribute that is the source's attribute of the name `name`."""

    name: str

    def value(self, source: Any) -> Any:
        """The attribute of a source."""
        return getattr(source, self.name)


@dataclass(frozen=True, slots=True)
class GlobalId:
    """An attribute that is the global id of a `type_name`, made from the column `id`."""

    type_name: str

    def value(self, source: Any) -> str:
        """The attribute of a source."""
        return global_id(self.type_name, source["id"])


@dataclass(frozen=True, slots=True)
class Cursor:
    """An attribute that is a row's cursor in its parent's list `list_name`, ordered by `at`.

    With an `index` the source is a page, and the cursor that of its row at this index, if any.
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
    """An attribute that the function `make` computes from the source."""

    make: Callable[[Any], Any]

    def value(self, source: Any) -> Any:
        """The attribute of a source."""
        return self.make(source)


@dataclass(frozen=True, slots=True)
class Nested:
    """An attribute that is an object of the same source; null if the column `unless_null` is."""

    mapping: "ObjectMapping[Any]"
    unless_null: str | None = None

    def value(self, source: Any) -> Any:
        """The attribute of a source."""
        if self.unless_null is not None and source[self.unless_null] is None:
            return None
        return self.mapping.view(source)


Attribute: TypeAlias = Column | Instant | Member | GlobalId | Cursor | Derived | Nested
SOURCE_ATTRIBUTE, KEY_ATTRIBUTE = "_source", "key"


@dataclass(frozen=True, slots=True, eq=False)
class ObjectMapping(Generic[T]):
    """Where the attributes of the class `cls` come from.

    `source` is the class of its sources; without it, anything that has the columns is one. A class
    may have several mappings, of which at most one is given to the schema (`attach_mappings`); the
    objects of the others occur only as attributes.
    """

    cls: type[T]
    attributes: Mapping[str, Attribute]
    source: type | None = None
    view_class: type[T] = field(init=False)
    """The class of views, which hold their source in the attribute `SOURCE_ATTRIBUTE`."""

    def __post_init__(self) -> None:
        """Make the class of views; raises `TypeError` if the source lacks what it is asked for."""
        members = {one.name for one in self.attributes.values() if isinstance(one, Member)}
        if self.source is not None and (missing := members - set(dir(self.source))):
            names = ", ".join(sorted(missing))
            raise TypeError(
                f"{self.source.__qualname__}, of which {self.cls.__name__} is made, lacks {names}"
            )
        object.__setattr__(self, "view_class", _view_class(self.cls, self.attributes))

    def view_if_any(self, source: Any) -> T | None:
        """An object that stands for the source; None for None."""
        return None if source is None else self.view(source)

    def view(self, source: Any) -> T:
        """An object that stands for the source."""
        view = object.__new__(self.view_class)
        vars(view)[SOURCE_ATTRIBUTE] = source
        return view


def _view_class(cls: type[T], attributes: Mapping[str, Attribute]) -> type[T]:
    def look_up(self: Any, name: str) -> Any:
        attribute = attributes.get(name)
        if attribute is None:
            raise AttributeError(name)
        value = vars(self)[name] = attribute.value(vars(self)[SOURCE_ATTRIBUTE])
        return value

    return type(cls.__name__, (cls,), {"__getattr__": look_up, "__module__": cls.__module__})
