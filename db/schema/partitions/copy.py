"""The copy of a table, in another schema: made, mirrored and filled while the table is used.

Every change of the table is repeated in the copy by a trigger, in the same transaction. What was
there before is copied in batches, each of which goes on where the last one that was committed has
ended. A row that is copied is locked against its deletion, and one that was changed meanwhile is in
the copy already: so the two never differ in what is committed.

Until the swap, foreign keys of the copy are checked at the end of transactions: a statement's rows
come to it one after another.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from db.schema.partitions.brief_locks import BUSY, briefly
from db.schema.partitions.catalogue import MIRROR, Shape, references_of

if TYPE_CHECKING:
    from db.connections.session import Driver

COPIES, REPLACED = "partitioning", "partitioning_replaced"
"""The schemas of copies, and of tables that they have replaced."""
AT_THE_END = " DEFERRABLE INITIALLY DEFERRED"
_BATCH_SECONDS, _BATCH_SECONDS_ALONE = 0.02, 0.3
"""How long a batch should take, for which it locks its rows against deletion."""
_LEAST_ROWS, _MOST_ROWS = 500, 10_000
_BUSY_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Target:
    """A table, and the form that it is to have: one part if there is no `column`."""

    name: str
    column: str | None
    count: int

    @property
    def copy(self) -> str:
        """The name of the copy."""
        return f"{COPIES}.{self.name}"

    @property
    def parts(self) -> tuple[str, ...]:
        """The relations that will hold the rows."""
        if self.column is None:
            return (self.copy,)
        return tuple(f"{self.name}_part_{part}" for part in range(self.count))


async def make(connection: "Driver", target: Target, shape: Shape) -> None:
    """Make the empty copy, with keys, indexes and foreign keys, and have changes repeated in it."""
    references = await references_of(connection, target.name)
    commands = [
        *_table(target),
        *_options(target, shape),
        *_numbering(target, shape),
        *(f'ALTER TABLE {target.copy} ADD CONSTRAINT "{name}" {body}' for name, body in shape.keys),
        *(_elsewhere(body, target) for body in shape.indexes),
        *_statistics(target, shape),
        *(
            f"ALTER TABLE {target.copy} ADD CONSTRAINT {one.name} {one.body}{AT_THE_END}"
            for one in references
        ),
        *_grants(target, shape),
        _mirror_function(target, shape),
        f"INSERT INTO {COPIES}.progress (table_name) VALUES ('{target.name}')",  # noqa: S608 - our own names
    ]
    await briefly(connection, commands)


async def mirror(connection: "Driver", target: Target) -> None:
    """Repeat each change from now on; who changes the table meanwhile is waited for."""
    await briefly(
        connection,
        [
            (
                f"CREATE OR REPLACE TRIGGER {MIRROR} AFTER INSERT OR UPDATE OR DELETE "
                f"ON {target.name} FOR EACH ROW EXECUTE FUNCTION {_function(target)}()"
            )
        ],
    )


async def fill(connection: "Driver", target: Target, shape: Shape, *, pace: float) -> None:
    """Copy what was there before, for a share `pace` of the time, from where it was interrupted.

    A pace of 1 is that of somebody who is alone: its batches are longer.
    """
    last = await connection.fetchval(
        f"SELECT last_key FROM {COPIES}.progress WHERE table_name = $1",  # noqa: S608 - our own names
        target.name,
    )
    rows, wanted = _LEAST_ROWS, _BATCH_SECONDS_ALONE if pace == 1 else _BATCH_SECONDS
    while True:
        began = monotonic()
        try:
            last = await _batch(connection, target, shape, last, rows)
        except BUSY:
            rows = max(_LEAST_ROWS, rows // 2)
            await asyncio.sleep(_BUSY_PAUSE_SECONDS)
            continue
        if last is None:
            return
        seconds = monotonic() - began
        grown = int(rows * min(2.0, wanted / seconds))
        rows = min(max(_LEAST_ROWS, grown), _MOST_ROWS)
        await asyncio.sleep(seconds * (1 / pace - 1))


async def _batch(
    connection: "Driver", target: Target, shape: Shape, last: list[str] | None, rows: int
) -> list[str] | None:
    names = ", ".join(shape.columns)
    key = ", ".join(name for name, _ in shape.key)
    after = ", ".join(f"$1::text[][{n}]::{kind}" for n, (_, kind) in enumerate(shape.key, 1))
    after = after.replace("$1::text[]", "($1::text[])")
    # A condition that holds for no key too would have each batch read all rows before it.
    behind = "" if last is None else f"WHERE ({key}) > ({after}) "
    found: list[str] | None
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = 50; SET LOCAL synchronous_commit = off")
        found = await connection.fetchval(
            f"WITH batch AS MATERIALIZED (SELECT {names} FROM {target.name} "  # noqa: S608 - our own names
            f"{behind}ORDER BY {key} LIMIT {rows} "
            f"FOR KEY SHARE), copied AS (INSERT INTO {target.copy} ({names}) "
            f"SELECT {names} FROM batch ON CONFLICT ({key}) DO NOTHING) "
            f"SELECT ARRAY[{', '.join(f'{name}::text' for name, _ in shape.key)}] FROM batch "
            f"ORDER BY {', '.join(f'batch.{name} DESC' for name, _ in shape.key)} LIMIT 1",
            *(() if last is None else (last,)),
        )
        if found is not None:
            await connection.execute(
                f"UPDATE {COPIES}.progress SET last_key = $1 WHERE table_name = $2",  # noqa: S608 - our own names
                found,
                target.name,
            )
    return found


def _table(target: Target) -> Iterator[str]:
    by = "" if target.column is None else f" PARTITION BY HASH ({target.column})"
    yield (
        f"CREATE TABLE {target.copy} (LIKE {target.name} INCLUDING ALL EXCLUDING INDEXES "
        f"EXCLUDING IDENTITY EXCLUDING STATISTICS){by}"
    )
    if target.column is not None:
        for remainder, part in enumerate(target.parts):
            yield (
                f"CREATE TABLE {part} PARTITION OF {target.copy} "
                f"FOR VALUES WITH (MODULUS {target.count}, REMAINDER {remainder})"
            )


def _options(target: Target, shape: Shape) -> Iterator[str]:
    for table in target.parts:
        for change in shape.options:
            yield f"ALTER TABLE {table} {change}"


def _numbering(target: Target, shape: Shape) -> Iterator[str]:
    """A sequence, which the swap lets go on; versions before 17 have no identity in partitions."""
    if shape.numbered is None:
        return
    sequence, change = sequence_of(target, shape), f"ALTER TABLE {target.copy} ALTER COLUMN"
    if target.column is None:
        yield f"{change} {shape.numbered} DROP DEFAULT"
        yield (
            f"{change} {shape.numbered} ADD GENERATED BY DEFAULT AS IDENTITY "
            f"(SEQUENCE NAME {sequence})"
        )
        return
    yield f"CREATE SEQUENCE {sequence} OWNED BY {target.copy}.{shape.numbered}"
    yield f"{change} {shape.numbered} SET DEFAULT nextval('{sequence}')"


def sequence_of(target: Target, shape: Shape) -> str:
    """The sequence of the copy."""
    return f"{COPIES}.{target.name}_{shape.numbered}_seq"


def _elsewhere(index: str, target: Target) -> str:
    """The command that makes an index, for the copy."""
    head, _, rest = index.partition(" ON ")
    _, _, how = rest.partition(" USING ")
    return f"{head} ON {target.copy} USING {how}"


def _statistics(target: Target, shape: Shape) -> Iterator[str]:
    """Those of partitions; a table of one part has its own after the swap."""
    if target.column is not None:
        for name, body in shape.statistics:
            for number, part in enumerate(target.parts):
                yield f"CREATE STATISTICS {name}_part_{number} {body} FROM {part}"


def _grants(target: Target, shape: Shape) -> Iterator[str]:
    for grant, inserts in shape.grants:
        yield grant % target.copy
        if inserts and shape.numbered is not None:
            sequence = f"SEQUENCE {sequence_of(target, shape)}"
            yield (grant % sequence).replace("GRANT INSERT", "GRANT USAGE")


def _function(target: Target) -> str:
    return f"{COPIES}.mirror_{target.name}"


def _mirror_function(target: Target, shape: Shape) -> str:
    """What repeats a change: it runs as its owner, as others know nothing of the copy."""
    names = ", ".join(shape.columns)
    values = ", ".join(f"NEW.{name}" for name in shape.columns)
    key = ", ".join(name for name, _ in shape.key)
    same = " AND ".join(f"{name} = OLD.{name}" for name, _ in shape.key)
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in shape.columns)
    return (
        f"CREATE OR REPLACE FUNCTION {_function(target)}() RETURNS trigger LANGUAGE plpgsql "  # noqa: S608 - our own names
        f"SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $mirror$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN DELETE FROM {target.copy} WHERE {same}; "
        f"ELSE INSERT INTO {target.copy} ({names}) VALUES ({values}) "
        f"ON CONFLICT ({key}) DO UPDATE SET {changed}; END IF; RETURN NULL; END $mirror$"
    )
