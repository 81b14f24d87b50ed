"""A Core statement, compiled once into the text and the argument order that the driver takes."""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement

from spans.attribution import attributed_to
from spans.part import Kind, Part

repository_method = attributed_to(Kind.METHOD)
"""Decorates the coroutine functions of `db.queries`: in traces their own Python is told apart from
the time of their statements. A trace names the method after its statement."""

# Any: the driver takes whatever PostgreSQL has a type for.
Arguments: TypeAlias = Callable[[Mapping[str, Any]], Sequence[Any]]
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
        "arguments",
        "name",
        "names",
        "part",
        "sql",
        "sql_by_operation",
        "writes",
    )

    def __init__(self, name: str, clause: ClauseElement) -> None:
        compiled = clause.compile(dialect=_DIALECT)
        self.name = name
        self.part = Part(Kind.DATABASE, name)
        self._compiled = str(compiled)
        self.sql = f"/* {name} */ {self._compiled}"
        self.writes = _WRITES.search(self._compiled) is not None
        self.sql_by_operation: dict[str | None, str] = {None: self.sql}
        """The texts that `sql_for` has given, by the name of the operation."""
        constants = {key: value for key, value in compiled.params.items() if value is not None}
        self.names: tuple[str, ...] = tuple(getattr(compiled, "positiontup", None) or ())
        """Those of its values, in the driver's order."""
        self.arguments = _in_order(self.names, constants)
        """Gives the values in the driver's order; a name that was not given raises `KeyError`."""

    def sql_for(self, operation: str | None) -> str:
        """The text whose comment names the operation too.

        Without the operation where it is not a name as GraphQL has them, or one too many.
        """
        sql = self.sql_by_operation.get(operation)
        return self._named(operation) if sql is None else sql

    def _named(self, operation: str | None) -> str:
        is_known = operation is not None and _NAME.fullmatch(operation)
        if not is_known or len(self.sql_by_operation) > MOST_OPERATIONS:
            return self.sql
        sql = self.sql_by_operation[operation] = f"/* {self.name} {operation} */ {self._compiled}"
        return sql


# Any: as above.
def _in_order(names: tuple[str, ...], constants: Mapping[str, Any]) -> Arguments:
    """What puts values in the order of `names`; those that are not given are constants."""
    if not names:
        return lambda _values: ()
    pick = itemgetter(*names)
    if constants.keys() & set(names):
        return lambda values: _several(pick({**constants, **values}), names)
    return pick if len(names) > 1 else lambda values: (pick(values),)


# Any: as above.
def _several(picked: Any, names: tuple[str, ...]) -> Sequence[Any]:
    """What `itemgetter` picks, which is no tuple where it is one value."""
    several: Sequence[Any] = picked if len(names) > 1 else (picked,)
    return several
