"""Steps of migrations that keep nobody waiting: each holds a lock for a moment, or a weak one.

Those that read whole tables run outside of transactions, so that a migration that was interrupted
goes on where it was: each step leaves alone what is done already.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from alembic import op
from sqlalchemy import text

from db.schema.partitioned_indexes import PARTITIONS, NewIndex, build

BATCH = 2_000
"""Rows of a batch: they are locked while it runs."""
_PARTITIONS = text(PARTITIONS.format(table=":table"))
_INVALID = text(
    "SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
    "WHERE relname = :name AND NOT indisvalid"
)
_HAS_CONSTRAINT = text(
    "SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = :name "
    "AND conrelid = CAST(:table AS regclass))"
)
_HAS_COLUMN = text(
    "SELECT EXISTS (SELECT FROM pg_attribute WHERE attname = :column "
    "AND attrelid = CAST(:table AS regclass) AND NOT attisdropped)"
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
    for first, behind in batches(table, key):
        connection.execute(
            text(
                f"UPDATE {table} SET {assignment} FROM {source} WHERE {condition} "  # noqa: S608 - our own names
                f"AND {table}.{key} >= :first AND {table}.{key} < :behind"
            ),
            {"first": first, "behind": behind},
        )


def batches(table: str, key: str) -> Iterator[tuple[int, int]]:
    """The first key of each batch, and that behind it, however far apart they are."""
    ahead = text(
        f"SELECT min({key}), max({key}) + 1 FROM (SELECT {key} FROM {table} "  # noqa: S608 - our own names
        f"WHERE {key} >= :first ORDER BY {key} LIMIT {BATCH}) AS batch"
    )
    behind = 0
    while True:
        first, behind = op.get_bind().execute(ahead, {"first": behind}).one()
        if first is None:
            return
        yield first, behind


def move(table: str, target: str, columns: str, condition: str) -> None:
    """Move the rows that fulfil a condition, in batches by `id`; call it outside of transactions.

    What a statement deletes it inserts: no row that comes meanwhile is lost.
    """
    connection = op.get_bind()
    in_batch = f"{condition} AND id >= :first AND id < :behind"
    for first, behind in batches(table, "id"):
        connection.execute(
            text(moved(table, target, columns, in_batch)),
            {"first": first, "behind": behind},
        )


def moved(table: str, target: str, columns: str, condition: str) -> str:
    """The statement that moves rows: two statements would not see the same rows."""
    return (
        f"WITH gone AS (DELETE FROM {table} WHERE {condition} RETURNING {columns}) "  # noqa: S608 - our own names
        f"INSERT INTO {target} ({columns}) SELECT {columns} FROM gone"
    )


def unique_index(
    name: str, table: str, columns: Sequence[str], *, where: str | None = None
) -> None:
    """Build a unique index concurrently; call it outside of transactions."""
    index(name, table, columns, where=where, is_unique=True)


def index(
    name: str,
    table: str,
    columns: Sequence[str],
    *,
    where: str | None = None,
    is_unique: bool = False,
) -> None:
    """Build an index concurrently, anew where that was interrupted before; as `unique_index`."""
    partitions = op.get_bind().scalars(_PARTITIONS, {"table": table}).all()
    if partitions:
        rows = "" if where is None else f" WHERE {where}"
        new = NewIndex(name, table, f"({', '.join(columns)}){rows}", is_unique)
        for command in () if has_index(name) else build(new, partitions):
            op.execute(command)
        return
    if op.get_bind().scalar(_INVALID, {"name": name}):
        op.drop_index(name, postgresql_concurrently=True)
    op.create_index(
        name,
        table,
        columns,
        unique=is_unique,
        postgresql_where=None if where is None else text(where),
        postgresql_concurrently=True,
        if_not_exists=True,
    )


@contextmanager
def waiting_briefly() -> Iterator[None]:
    """Wait for locks only briefly, outside of transactions too; `migrate` tries again."""
    op.execute("SET lock_timeout = '100ms'")
    try:
        yield
    finally:
        op.execute("RESET lock_timeout")


def require(table: str, column: str) -> None:
    """Make a filled column NOT NULL, by a check that is validated beside writers before.

    Call it outside of transactions.
    """
    refuse_null(table, column)
    check = _filled(table, column)
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}")
    with waiting_briefly():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {check}")


def has_table(name: str) -> bool:
    """Whether there is a table of the name."""
    return op.get_bind().scalar(text("SELECT to_regclass(:name)"), {"name": name}) is not None


def has_index(name: str) -> bool:
    """Whether there is an index of the name, valid or not."""
    return op.get_bind().scalar(text("SELECT to_regclass(:name)"), {"name": name}) is not None


def refuse_null(table: str, column: str) -> None:
    """Have every new row fill a column; call it outside of transactions, and `require` later."""
    check = _filled(table, column)
    if not has_constraint(check, table):
        with waiting_briefly():
            op.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID"
            )


def _filled(table: str, column: str) -> str:
    return f"ck_{table}_{column}_filled"


def has_column(table: str, column: str) -> bool:
    """Whether a table has the column."""
    return bool(op.get_bind().scalar(_HAS_COLUMN, {"table": table, "column": column}))


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


def refer_from_new(
    table: str, columns: Sequence[str], target: str, referred: Sequence[str], then: str = ""
) -> None:
    """Add a foreign key to a table that nobody uses yet, unless it is there.

    Call it outside of transactions: then the table that is referred to is locked for a moment, and
    no other beside it.
    """
    name = f"fk_{table}_{'_'.join(columns)}"
    if not has_constraint(name, table):
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({', '.join(columns)}) "
            f"REFERENCES {target} ({', '.join(referred)}){then}"
        )


def validate(name: str, table: str) -> None:
    """Validate a constraint beside writers."""
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
