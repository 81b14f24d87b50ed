"""A Core statement, compiled once into the text and the argument order that the driver takes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement

_DIALECT = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


class Statement:
    """SQL with a name: the repository method it belongs to, for timings and the server's log.

    Values are bound by the names of the statement's `bindparam`s; literals inside it are bound
    as they stand.
    """

    __slots__ = ("_constants", "_names", "name", "sql")

    def __init__(self, name: str, clause: ClauseElement) -> None:
        compiled = clause.compile(dialect=_DIALECT)
        self.name = name
        self.sql = f"/* {name} */ {compiled}"
        self._names: tuple[str, ...] = tuple(getattr(compiled, "positiontup", None) or ())
        self._constants = {
            key: value for key, value in compiled.params.items() if value is not None
        }

    # Any: the driver takes whatever PostgreSQL has a type for.
    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the driver's order; a name that was not given raises `KeyError`."""
        constants = self._constants
        return [values[name] if name in values else constants[name] for name in self._names]
