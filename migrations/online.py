"""Steps of migrations that keep nobody waiting: each holds a lock for a moment, or a weak one.

Those that read whole tables run outside of transactions, so that a migration that was interrupted
goes on where it was: each step leaves alone what is done already.
"""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text

BATCH = 10_000
_INVALID = text(
    "SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
    "WHERE relname = :name AND NOT indisvalid"
)
_HAS_CONSTRAINT = text(
    "SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = :name "
    "AND conrelid = CAST(:table AS regclass))"
)
_KEY = text(
    "SELECT array_agg(attname::text ORDER BY place) FROM pg_constraint "
    "CROSS JOIN unnest(conkey) WITH ORDINALITY AS of (number, place) "
    "JOIN pg_attribute ON attrelid = conrelid AND attnum = number "
    "WHERE conrelid = CAST(:table AS regclass) AND contype = 'p'"
)


def fill(table: str, key: str, assignment: str, source: str, condition: str) -> None:
    """Set a column in rows that have none, in batches by `key`; call it outside of transactions.

    `UPDATE table SET assignment FROM source WHERE condition`.
    """
    connection = op.get_bind()
    newest = connection.scalar(text(f"SELECT max({key}) FROM {table}")) or 0  # noqa: S608 - our own names
    for first in range(0, newest + 1, BATCH):
        connection.execute(
            text(
                f"UPDATE {table} SET {assignment} FROM {source} WHERE {condition} "  # noqa: S608 - our own names
                f"AND {table}.{key} >= :first AND {table}.{key} < :behind"
            ),
            {"first": first, "behind": first + BATCH},
        )


def unique_index(name: str, table: str, columns: Sequence[str]) -> None:
    """Build a unique index concurrently; call it outside of transactions."""
    if op.get_bind().scalar(_INVALID, {"name": name}):
        op.drop_index(name, postgresql_concurrently=True)
    op.create_index(
        name, table, columns, unique=True, postgresql_concurrently=True, if_not_exists=True
    )


def require(table: str, column: str) -> None:
    """Make a filled column NOT NULL, by a check that is validated beside writers before.

    Call it outside of transactions.
    """
    check = f"ck_{table}_{column}_filled"
    if not has_constraint(check, table):
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID"
        )
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {check}")


def has_constraint(name: str, table: str) -> bool:
    """Whether a table has the constraint."""
    return bool(op.get_bind().scalar(_HAS_CONSTRAINT, {"name": name, "table": table}))


def primary_key(table: str) -> tuple[str, ...]:
    """The columns of a table's primary key."""
    return tuple(op.get_bind().scalar(_KEY, {"table": table}) or ())


def replace_primary_key(table: str, index: str) -> None:
    """Make a unique index the primary key in place of the present one, in a moment."""
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, "
        f"ADD CONSTRAINT pk_{table} PRIMARY KEY USING INDEX {index}"
    )


def refer(
    name: str, table: str, columns: Sequence[str], target: str, referred: Sequence[str], then: str
) -> None:
    """Add a foreign key that holds for new rows; `validate` looks at those that are there."""
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({', '.join(columns)}) "
        f"REFERENCES {target} ({', '.join(referred)}){then} NOT VALID"
    )


def validate(name: str, table: str) -> None:
    """Validate a constraint beside writers."""
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
