"""What a table consists of besides its rows, as the database's catalogue has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from db.connections.session import Driver

_FORM = "SELECT relkind IN ('p') FROM pg_class WHERE oid = to_regclass($1)"
_COLUMNS = """
SELECT array_agg(quote_ident(attname) ORDER BY attnum) FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
_KEY = """
SELECT quote_ident(attname) AS name, format_type(atttypid, atttypmod) AS type
FROM pg_constraint CROSS JOIN unnest(conkey) WITH ORDINALITY AS of (number, place)
JOIN pg_attribute ON attrelid = conrelid AND attnum = number
WHERE conrelid = $1::regclass AND contype = 'p' ORDER BY place
"""
_KEYS = """
SELECT conname AS name, pg_get_constraintdef(oid) AS body FROM pg_constraint
WHERE conrelid = $1::regclass AND contype IN ('p', 'u')
"""
_INDEXES = """
SELECT pg_get_indexdef(indexrelid) AS body FROM pg_index
WHERE indrelid = $1::regclass
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
"""
_TRIGGERS = """
SELECT pg_get_triggerdef(oid) AS body FROM pg_trigger
WHERE tgrelid = $1::text::regclass AND NOT tgisinternal AND tgname NOT IN ($2, 'own_' || $1::text)
"""
_STATISTICS = """
SELECT DISTINCT regexp_replace(stxname, '_part_\\d+$', '') AS name,
  regexp_replace(pg_get_statisticsobjdef(oid), '^CREATE STATISTICS \\S+ (.*) FROM .*$', '\\1')
    AS body
FROM pg_statistic_ext WHERE stxrelid = $1::regclass
  OR stxrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::regclass)
"""
_OPTIONS = """
WITH stored AS (
  SELECT coalesce((SELECT min(inhrelid) FROM pg_inherits WHERE inhparent = $1::regclass),
    $1::regclass) AS id
)
SELECT format('SET (%s)', array_to_string(reloptions, ', ')) AS change
FROM stored JOIN pg_class ON oid = id WHERE reloptions IS NOT NULL
UNION ALL
SELECT format('ALTER COLUMN %I SET (%s)', attname, array_to_string(attoptions, ', '))
FROM stored JOIN pg_attribute ON attrelid = id
WHERE attoptions IS NOT NULL AND NOT attisdropped
"""
_NUMBERED = """
SELECT quote_ident(attname) FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
  AND pg_get_serial_sequence($1::text, attname::text) IS NOT NULL
"""
_REFERENCES = """
SELECT conrelid::regclass::text AS "table", quote_ident(conname) AS name, oid,
  pg_get_constraintdef(oid) AS body, confdeltype = 'a' AND confupdtype = 'a' AS only_checks,
  condeferrable AS is_deferrable, convalidated AS is_valid
FROM pg_constraint WHERE contype = 'f' AND conparentid = 0
"""
_TO_OTHERS = f"{_REFERENCES} AND conrelid = to_regclass($1)"
_FROM_OTHERS = f"{_REFERENCES} AND confrelid = to_regclass($1) AND conrelid <> confrelid"
_GRANTS = """
SELECT format('GRANT %s ON %%s TO %s', privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC'
  ELSE quote_ident(pg_get_userbyid(grantee)) END) AS grant, privilege_type = 'INSERT' AS inserts
FROM pg_class CROSS JOIN LATERAL aclexplode(relacl) WHERE oid = $1::regclass AND grantee <> relowner
"""

MIRROR = "mirror_to_partitions"
"""The trigger that repeats each change in the copy."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key; one that `only_checks` changes no rows of its table."""

    table: str
    name: str
    oid: int
    body: str
    only_checks: bool
    is_deferrable: bool
    is_valid: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """All that a copy of a table must have; `body` texts are as PostgreSQL writes them."""

    columns: tuple[str, ...]
    key: tuple[tuple[str, str], ...]
    """The columns of the primary key, and their types."""
    keys: tuple[tuple[str, str], ...]
    indexes: tuple[str, ...]
    statistics: tuple[tuple[str, str], ...]
    options: tuple[str, ...]
    """Changes of how rows are stored and columns counted, for each table that has rows."""
    numbered: str | None
    """The column that a sequence fills."""
    grants: tuple[tuple[str, bool], ...]
    """Grants of a relation `%s`, and whether it is to insert."""


async def shape_of(connection: "Driver", table: str) -> Shape:
    """The shape of a table that exists."""
    return Shape(
        columns=tuple(await connection.fetchval(_COLUMNS, table)),
        key=await _pairs(connection, _KEY, table),
        keys=await _pairs(connection, _KEYS, table),
        indexes=tuple(row["body"] for row in await connection.fetch(_INDEXES, table)),
        statistics=await _pairs(connection, _STATISTICS, table),
        options=tuple(row["change"] for row in await connection.fetch(_OPTIONS, table)),
        numbered=await connection.fetchval(_NUMBERED, table),
        grants=await _pairs(connection, _GRANTS, table),
    )


async def is_partitioned(connection: "Driver", table: str) -> bool | None:
    """Whether a table is partitioned; None if there is none."""
    found: bool | None = await connection.fetchval(_FORM, table)
    return found


async def triggers(connection: "Driver", table: str) -> Sequence[str]:
    """The commands that create the triggers of a table.

    Without the mirror's, and without that which fills in the person for the version before: it
    could not move a row to another partition, and that version has ended.
    """
    return [row["body"] for row in await connection.fetch(_TRIGGERS, table, MIRROR)]


async def references_of(connection: "Driver", table: str) -> Sequence[Reference]:
    """The foreign keys of a table; none if it does not exist."""
    return [Reference(*row) for row in await connection.fetch(_TO_OTHERS, table)]


async def references_to(connection: "Driver", table: str) -> Sequence[Reference]:
    """The foreign keys of other tables to a table; none if it does not exist."""
    return [Reference(*row) for row in await connection.fetch(_FROM_OTHERS, table)]


# Any: rows of two columns, whatever these hold.
async def _pairs(connection: "Driver", query: str, table: str) -> tuple[tuple[Any, Any], ...]:
    return tuple((first, second) for first, second in await connection.fetch(query, table))
