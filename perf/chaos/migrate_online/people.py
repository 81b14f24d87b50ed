"""The people of the trial: those whom nobody touches, and those who write."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from db.connections.session import Driver

_LENGTH = 20
_PERSON_MESSAGES = 400
FIRST, FIRST_WRITER = 1_000_000, 2_000_000
"""Ids of people begin here; each person's conversations and messages are above theirs."""
_BATCH = 200_000
_COLUMNS = {
    "users": "id, email, created_at",
    "chat_conversations": "id, user_id, title, status, created_at, updated_at",
    "chat_messages": "id, conversation_id, role, content, created_at",
}
"""What both ends of the migration have."""
_HAS_OWNER = """
SELECT EXISTS (SELECT FROM pg_attribute
  WHERE attrelid = 'chat_messages'::regclass AND attname = 'user_id' AND NOT attisdropped)
"""
_PEOPLE = """
INSERT INTO users (id, email)
SELECT i, i || '@online.example' FROM generate_series($1::bigint, $2::bigint) i
"""
_CONVERSATIONS = f"""
INSERT INTO chat_conversations (id, user_id, title, created_at, updated_at)
SELECT {FIRST} + c, {FIRST} + c % $2::bigint, 'Conversation ' || c, '2026-01-01', '2026-01-01'
FROM generate_series(1, $1::bigint) c
"""  # noqa: S608 - our own names
_MESSAGES = """
INSERT INTO chat_messages (id, {owner} conversation_id, role, content, created_at)
SELECT {first} + m, {value} {first} + 1 + m % {conversations}, 'user',
  repeat(md5(m::text), 3), '2026-01-01'::timestamptz + m * interval '1 second'
FROM generate_series({begin}, {end}) m
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people, conversations and messages are there that nobody touches."""

    messages: int
    writers: int

    @property
    def conversations(self) -> int:
        """The conversations of twenty messages each."""
        return max(1, self.messages // _LENGTH)

    @property
    def people(self) -> int:
        """The people of twenty conversations each."""
        return max(1, self.messages // _PERSON_MESSAGES)


async def has_owner(connection: "Driver") -> bool:
    """Whether messages say whose they are, as they do from 20261130_0040 on."""
    return bool(await connection.fetchval(_HAS_OWNER))


async def fill(url: str, crowd: Crowd) -> None:
    """Fill a migrated database, whichever revision it is at, without firing its triggers."""
    connection = await asyncpg.connect(url)
    try:
        is_owned = await has_owner(connection)
        writers = FIRST_WRITER + crowd.writers - 1
        await connection.execute(_PEOPLE, FIRST_WRITER, writers)
        await connection.execute(_PEOPLE, FIRST, FIRST + crowd.people - 1)
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(_CONVERSATIONS, crowd.conversations, crowd.people)
        for begin in range(1, crowd.messages + 1, _BATCH):
            await connection.execute(
                _MESSAGES.format(
                    owner="user_id," if is_owned else "",
                    value=f"{FIRST} + (1 + m % {crowd.conversations}) % {crowd.people},"
                    if is_owned
                    else "",
                    first=FIRST,
                    conversations=crowd.conversations,
                    begin=begin,
                    end=min(begin + _BATCH - 1, crowd.messages),
                )
            )
        for table in ("chat_conversations", "chat_messages"):
            await connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 3000000000)"
            )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def hashes(url: str, crowd: Crowd) -> dict[str, tuple[int, str]]:
    """The number of rows of those whom nobody touches, and the sum of their hashes, by table."""
    connection = await asyncpg.connect(url)
    last = {"users": crowd.people - 1, "chat_conversations": crowd.conversations}
    try:
        return {
            table: tuple(
                (
                    await connection.fetch(
                        "SELECT count(*), coalesce(sum(hashtextextended("  # noqa: S608 - our own names
                        f"ROW({columns})::text, 0)), 0)::text "
                        f"FROM {table} WHERE id BETWEEN $1 AND $2",
                        FIRST,
                        FIRST + last.get(table, crowd.messages),
                    )
                )[0]
            )
            for table, columns in _COLUMNS.items()
        }
    finally:
        await connection.close()
