"""A Core statement, compiled once into the text and the argument order that the driver takes."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement

from spans.part import Kind, Part

_DIALECT = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
MOST_OPERATIONS = 100
"""Operations by which one statement's texts are told apart; each text is prepared by itself."""
_NAME = re.compile("[_A-Za-z][_0-9A-Za-z]{0,99}")
_WRITES = re.compile(r"\b(INSERT INTO|DELETE FROM|MERGE INTO|(?<!FOR )(?<!KEY )UPDATE)\b")


class Statement:
    """SQL with a name: the repository method it belongs to, for timings and the server's log.

    Values are bound by the names of the statement's `bindparam`s; literals inside it are bound
    as they stand.
    """

    __slots__ = (
        "_compiled",
        "_constants",
        "_names",
        "_of_operations",
        "name",
        "part",
        "sql",
        "writes",
    )

    def __init__(self, name: str, clause: ClauseElement) -> None:
        compiled = clause.compile(dialect=_DIALECT)
        self.name = name
        self.part = Part(Kind.DATABASE, name)
        self._compiled = str(compiled)
        self.sql = f"/* {name} */ {self._compiled}"
        self.writes = _WRITES.search(self._compiled) is not None
        self._of_operations: dict[str | None, str] = {None: self.sql}
        self._names: tuple[str, ...] = tuple(getattr(compiled, "positiontup", None) or ())
        self._constants = {
            key: value for key, value in compiled.params.items() if value is not None
        }

    def sql_for(self, operation: str | None) -> str:
        """The text whose comment names the operation too.

        Without the operation where it is not a name as GraphQL has them, or one too many.
        """
        sql = self._of_operations.get(operation)
        return self._named(operation) if sql is None else sql

    # Any: the driver takes whatever PostgreSQL has a type for.
    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the driver's order; a name that was not given raises `KeyError`."""
        constants = self._constants
        return [values[name] if name in values else constants[name] for name in self._names]

    def _named(self, operation: str | None) -> str:
        is_known = operation is not None and _NAME.fullmatch(operation)
        if not is_known or len(self._of_operations) > MOST_OPERATIONS:
            return self.sql
        sql = self._of_operations[operation] = f"/* {self.name} {operation} */ {self._compiled}"
        return sql
