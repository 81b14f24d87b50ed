"""SQLAlchemy Core statements, compiled at their first use into the driver's SQL and arguments."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import UpdateBase

from spans.attribution import attributed_to
from spans.part import Kind, Part

repository_method = attributed_to(Kind.METHOD)
"""Decorates the coroutine functions of `db.queries`: in traces their own Python is told apart from
the time of their statements. A trace names the method after its statement."""

# Any: the driver takes whatever PostgreSQL has a type for.
Arguments: TypeAlias = Callable[[Mapping[str, Any]], Sequence[Any]]
_DIALECT = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
MOST_OPERATIONS = 100
"""How many operation names the comment of one statement may have; each is prepared separately."""
_NAME = re.compile("[_A-Za-z][_0-9A-Za-z]{0,99}")
_COMPILED = ("_compiled", "arguments", "names", "sql", "sql_by_operation", "writes")
"""What a statement has once it is compiled."""
_by_name: defaultdict[str, list["Statement"]] = defaultdict(list)
_WRITES = re.compile(r"\b(INSERT INTO|DELETE FROM|MERGE INTO|(?<!FOR )(?<!KEY )UPDATE)\b")


class Statement:
    """SQL with the name of its repository method, which appears in metrics and the server's log.

    Values are bound by the names of the clause's `bindparam`s; its literals are bound as they are.
    """

    __slots__ = ("_clause", "is_change", "name", "part", *_COMPILED)

    _compiled: str
    arguments: Arguments
    """Orders values for the driver; raises `KeyError` for a missing one."""
    names: tuple[str, ...]
    """The names of its values in the driver's order."""
    sql: str
    sql_by_operation: dict[str | None, str]
    """The results of `sql_for`, by the operation's name."""
    writes: bool

    def __init__(self, name: str, clause: ClauseElement) -> None:
        self.name = name
        self.part = Part(Kind.DATABASE, name)
        self.is_change = isinstance(clause, UpdateBase)
        """Whether it is itself an insertion, update or deletion, rather than has one inside."""
        self._clause: ClauseElement | None = clause
        _by_name[name].append(self)

    # Any: the attributes have several types.
    def __getattr__(self, attribute: str) -> Any:
        """Called only for what has no value yet: compiles the statement at its first use.

        To compile all of them takes longer than anything else that a command does to start.
        """
        if attribute not in _COMPILED or self._clause is None:
            raise AttributeError(attribute)
        self._compile(self._clause)
        self._clause = None
        return getattr(self, attribute)

    def _compile(self, clause: ClauseElement) -> None:
        compiled = clause.compile(dialect=_DIALECT)
        self._compiled = str(compiled)
        self.sql = f"/* {self.name} */ {self._compiled}"
        self.writes = _WRITES.search(self._compiled) is not None
        self.sql_by_operation = {None: self.sql}
        constants = {key: value for key, value in compiled.params.items() if value is not None}
        self.names = tuple(getattr(compiled, "positiontup", None) or ())
        self.arguments = _in_order(self.names, constants)

    @property
    def body(self) -> str:
        """The SQL without a comment."""
        return self._compiled

    def sql_for(self, operation: str | None) -> str:
        """The SQL with the operation's name in its comment.

        Without it if it is not a valid GraphQL name, or if there are too many names already.
        """
        sql = self.sql_by_operation.get(operation)
        return self._sql_with_operation(operation) if sql is None else sql

    def _sql_with_operation(self, operation: str | None) -> str:
        is_known = operation is not None and _NAME.fullmatch(operation)
        if not is_known or len(self.sql_by_operation) > MOST_OPERATIONS:
            return self.sql
        sql = self.sql_by_operation[operation] = f"/* {self.name} {operation} */ {self._compiled}"
        return sql


def statements_named(name: str) -> Sequence[Statement]:
    """All statements of a repository method."""
    return _by_name.get(name, ())


# Any: as above.
def _in_order(names: tuple[str, ...], constants: Mapping[str, Any]) -> Arguments:
    """A function that orders values by `names`; constants fill in for those not given."""
    if not names:
        return lambda _values: ()
    get_values = itemgetter(*names)
    if not constants.keys() & set(names):
        return get_values if len(names) > 1 else lambda values: (get_values(values),)
    if len(names) > 1:
        return lambda values: get_values({**constants, **values})
    return lambda values: (get_values({**constants, **values}),)
