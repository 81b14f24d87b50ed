"""Filling an empty database with a data set, in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import asyncpg

from perf.dataset.rows import Row, TableRows

_CONNECT_TIMEOUT_SECONDS = 5
_ROWS_PER_STEP = 1_000
# Blocks sign-ups and a second fill from the check for users until the commit.
_KEEP_OTHERS_OUT = "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"
_HAS_PEOPLE = "SELECT EXISTS (SELECT FROM users)"
_INDEX_NOTHING = "TRUNCATE chat_messages_to_index"
_CONTINUE_IDS = "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"


class DatabaseHasUsers(Exception):
    """The database has users already; their data must not be mixed with generated data."""


class Progress(Protocol):
    """A progress bar."""

    def update(self, n_steps: int) -> None:
        """Count the rows that were just sent."""


async def fill(
    url: str,
    tables: Sequence[TableRows],
    *,
    progress: AbstractContextManager[Progress],
    is_searched: bool = False,
) -> None:
    """Copy `tables` in order, advance their id sequences, and vacuum for the planner.

    Only if it `is_searched` the messages are to be indexed: the worker's work on very many of them
    would be in whatever is measured.

    One transaction: after an exception or an interruption the database is unchanged. Raises
    `DatabaseHasUsers`, before `progress` is entered.
    """
    connection = await asyncpg.connect(url, timeout=_CONNECT_TIMEOUT_SECONDS)
    try:
        async with connection.transaction():
            await connection.execute(_KEEP_OTHERS_OUT)
            if await connection.fetchval(_HAS_PEOPLE):
                raise DatabaseHasUsers
            with progress as watching:
                for table in tables:
                    await connection.copy_records_to_table(
                        table.table,
                        columns=table.kind._fields,
                        records=_watched(table.rows, watching),
                    )
            if not is_searched:
                await connection.execute(_INDEX_NOTHING)
            for table in tables:
                if "id" in table.kind._fields:
                    await connection.execute(_CONTINUE_IDS.format(table=table.table))
        await connection.execute(f"VACUUM (ANALYZE) {', '.join(table.table for table in tables)}")
    finally:
        await connection.close()


def _watched(rows: Iterable[Row], progress: Progress) -> Iterator[Row]:
    unreported = 0
    for row in rows:
        yield row
        unreported += 1
        if unreported == _ROWS_PER_STEP:
            progress.update(unreported)
            unreported = 0
    progress.update(unreported)
