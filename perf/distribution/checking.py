"""What is wrong with statements and tables, for a database that distributes people's rows."""

import re
from collections.abc import Iterator, Sequence

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy import Table as SqlTable

from db.statement import Statement
from db.tables import Table
from perf.distribution.binding import Reading, read
from perf.distribution.exemptions import EXEMPTIONS, MANY_AT_ONCE, Exemption
from perf.distribution.scope import Origin
from perf.distribution.tables import DISTRIBUTED

_EACH = "each of "


def statement_problems(statements: Sequence[Statement]) -> Iterator[str]:
    """A sentence for each statement that does not name whose rows it is about.

    And for each exemption that nothing needs any more.
    """
    used: set[Exemption] = set()
    found: dict[str, None] = {}
    for statement in statements:
        exemption = _exemption(statement, EXEMPTIONS)
        problems = list(_unbound(statement))
        if exemption is None:
            found |= dict.fromkeys(problems)
        elif problems:
            used.add(exemption)
    yield from found
    yield from _unused(EXEMPTIONS, used)


def citus_problems(statements: Sequence[Statement]) -> Iterator[str]:
    """A sentence for each statement that Citus would refuse, or carry out in many transactions.

    Its documentation says so: rows are locked, and several tables changed by one statement, only
    where everything is in one shard.
    """
    used: set[Exemption] = set()
    for statement in statements:
        reading = _reading(statement)
        if _exemption(statement, EXEMPTIONS) or not _is_for_one_shard(reading):
            continue
        owners = sorted({_owner(use.origin) for use in reading.uses if use.origin is not None})
        if len(owners) > 1 or any(one.startswith(_EACH) for one in owners):
            exemption = _exemption(statement, MANY_AT_ONCE)
            if exemption is None:
                yield (
                    f"{statement.name} locks rows, or changes several tables, of "
                    f"{', '.join(owners)}: which may be on several shards"
                )
            else:
                used.add(exemption)
    yield from _unused(MANY_AT_ONCE, used)


def table_problems() -> Iterator[str]:
    """A sentence for each key that could not be kept within one shard."""
    for name, column in DISTRIBUTED.items():
        declared = Table.metadata.tables[name]
        for key in _unique_keys(declared):
            if column not in key.columns:
                yield f"{key.name} is unique across shards: it has no {column}"
        for reference in declared.foreign_key_constraints:
            yield from _reference_problems(declared, reference, column)
    for name, declared in Table.metadata.tables.items():
        if name not in DISTRIBUTED:
            for reference in declared.foreign_key_constraints:
                if reference.referred_table.name in DISTRIBUTED:
                    yield f"{reference.name} leads from what is everywhere to a part of another"


def _reference_problems(
    declared: SqlTable, key: ForeignKeyConstraint, column: str
) -> Iterator[str]:
    target = DISTRIBUTED.get(key.referred_table.name)
    pairs = [(one.parent.name, one.column.name) for one in key.elements]
    if target is not None and (column, target) not in pairs:
        yield f"{key.name} of {declared.name} may lead to another shard: it has no {column}"


def _unique_keys(
    declared: SqlTable,
) -> Iterator[PrimaryKeyConstraint | UniqueConstraint | Index]:
    for one in declared.constraints:
        if isinstance(one, PrimaryKeyConstraint | UniqueConstraint):
            yield one
    yield from (index for index in declared.indexes if index.unique)


def _unbound(statement: Statement) -> Iterator[str]:
    reading = _reading(statement)
    for table in sorted({use.table for use in reading.uses if use.origin is None}):
        yield (
            f"{statement.name} does not name whose rows of {table} it is about: bind "
            f"{DISTRIBUTED[table]} by equality, or say in perf/distribution/exemptions.py why not"
        )
    for table in reading.rehomed:
        yield f"{statement.name} assigns to {DISTRIBUTED[table]} of {table}, which never changes"


def _owner(origin: Origin) -> str:
    return origin.parameter if origin.is_single else f"{_EACH}{origin.parameter}"


def _is_for_one_shard(reading: Reading) -> bool:
    changed = {use.table for use in reading.uses if use.is_changed}
    return len(changed) > 1 or any(use.is_locked for use in reading.uses)


def _unused(kinds: Sequence[Exemption], used: set[Exemption]) -> Iterator[str]:
    for exemption in kinds:
        if exemption not in used:
            yield f"no statement needs the exemption {exemption.names!r} any more"


def _exemption(statement: Statement, kinds: Sequence[Exemption]) -> Exemption | None:
    return next((one for one in kinds if re.fullmatch(one.names, statement.name)), None)


def _reading(statement: Statement) -> Reading:
    return read(statement.body, statement.names)
