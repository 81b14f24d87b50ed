"""Filling the table of the search: a person's messages, and between them those of others.

Only this table has rows, which are all that a search reads. They are in the order in which they
would have been written, so that between two messages of the person there are those of others.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg

from db.queries.chat.message_search import windows_of
from perf.benchmarks.suites.search.texts import text_of
from services.search.lexemes import lexemes_of

if TYPE_CHECKING:
    from db.connections.session import Driver

PERSON = 1
PIECES = 100
"""Each is filled in one transaction; what is filled already is left as it is."""
MESSAGES_A_CONVERSATION = 100
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
PAUSE = timedelta(minutes=20)
_MESSAGES_OF_ANOTHER = 1_000
_SAMPLES, _LENGTH_OF_SAMPLE = 5_000, 6
_ANYBODY = 0xABCDEF
"""Whose the lexemes of samples are, until somebody else has them."""
_PREPARE = """
CREATE TABLE IF NOT EXISTS bench_pieces (piece int PRIMARY KEY);
CREATE TABLE IF NOT EXISTS bench_indexes (name text, definition text);
CREATE TABLE IF NOT EXISTS bench_samples (number int PRIMARY KEY, lexemes text);
"""
_FASTER = """
SET session_replication_role = replica;
SET work_mem = '256MB';
SET maintenance_work_mem = '2GB';
"""
_SAMPLE = "INSERT INTO bench_samples SELECT * FROM unnest($1::int[], $2::text[])"
_NEXT = """
INSERT INTO bench_pieces
SELECT piece FROM generate_series(0, $1 - 1) AS piece
WHERE NOT EXISTS (SELECT FROM bench_pieces AS done WHERE done.piece = piece.piece)
  AND pg_try_advisory_xact_lock(piece) LIMIT 1
ON CONFLICT DO NOTHING RETURNING piece
"""
_ADD = f"""
INSERT INTO chat_message_searches (user_id, message_id, place, created_at, lexemes, form)
SELECT user_id, message_id, place, $1::timestamptz + place * $2::interval,
  CAST(replace(lexemes, '{_ANYBODY:x}.', to_hex(user_id) || '.') AS tsvector), 2
FROM (
  SELECT {PERSON} AS user_id, place + 1 AS message_id, place, lexemes, at
  FROM unnest($3::int[], $4::text[], $5::float8[]) AS own (place, lexemes, at)
  UNION ALL
  SELECT {PERSON} + 1 + other % $8, 1000000000 + other, other / $8, sample.lexemes,
    (other - $6)::float8 / ($7 - $6)
  FROM generate_series($6::int, $7::int - 1) AS other
  JOIN bench_samples AS sample ON sample.number = (other::bigint * 7919) % {_SAMPLES}
) AS message ORDER BY at
"""  # noqa: S608 - our own names
_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index WHERE indrelid = 'chat_message_searches'::regclass AND NOT indisprimary
"""


async def is_prepared(url: str) -> bool:
    """Whether `prepare` has begun: migrating again would make the indexes that it took away."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT to_regclass('bench_pieces')") is not None
    finally:
        await connection.close()


async def prepare(connection: "Driver") -> None:
    """Take away what would slow down the filling."""
    await connection.execute(_PREPARE)
    if await connection.fetchval("SELECT count(*) FROM bench_samples"):
        return
    async with connection.transaction():
        await connection.execute("ALTER TABLE chat_message_searches SET UNLOGGED")
        for index in await connection.fetch(_INDEXES):
            await connection.execute("INSERT INTO bench_indexes VALUES ($1, $2)", *index)
            await connection.execute(f"DROP INDEX {index['name']}")
        lexemes = [
            _lexemes(_ANYBODY, number, text_of(number, _SAMPLES)[:_LENGTH_OF_SAMPLE])
            for number in range(_SAMPLES)
        ]
        await connection.execute(_SAMPLE, list(range(_SAMPLES)), lexemes)


async def fill(
    connection: "Driver", messages: int, others: int, *, report: Callable[[int], None]
) -> None:
    """Have the person's `messages`, and `others` beside them; goes on where it was interrupted.

    Several may do it at once.
    """
    await connection.execute(_FASTER)
    while await _add_next_piece(connection, messages, others):
        report(await connection.fetchval("SELECT count(*) FROM bench_pieces"))


async def index(connection: "Driver") -> None:
    """Make the indexes that are missing, and have the planner know the table."""
    await connection.execute(_FASTER)
    await connection.execute("SELECT pg_advisory_lock(-1)")
    there = {row["name"] for row in await connection.fetch(_INDEXES)}
    wanted = await connection.fetch("SELECT name, definition FROM bench_indexes")
    missing = [row["definition"] for row in wanted if row["name"] not in there]
    for definition in missing:
        await connection.execute(definition)
    if missing:
        await connection.execute("VACUUM (ANALYZE) chat_message_searches")
        await connection.execute("CHECKPOINT")


async def _add_next_piece(connection: "Driver", messages: int, others: int) -> bool:
    async with connection.transaction():
        piece = await connection.fetchval(_NEXT, PIECES)
        if piece is None:
            return False
        own = range(messages * piece // PIECES, messages * (piece + 1) // PIECES)
        first, behind = others * piece // PIECES, others * (piece + 1) // PIECES
        lexemes = await asyncio.to_thread(
            lambda: [_lexemes(PERSON, number, text_of(number, messages)) for number in own]
        )
        at = [place / len(own) for place in range(len(own))]
        people = max(1, others // _MESSAGES_OF_ANOTHER)
        await connection.execute(
            _ADD, BEGINNING, PAUSE, list(own), lexemes, at, first, behind, people
        )
    return True


def _lexemes(user_id: int, place: int, text: str) -> str:
    conversation_id = 1 + place // MESSAGES_A_CONVERSATION
    found = lexemes_of(text, user_id=user_id, conversation_id=conversation_id)
    return f"{found} {windows_of(user_id, place)}"
