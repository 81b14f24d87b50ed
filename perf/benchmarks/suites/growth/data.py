"""Data for measuring growth: the gate's callers, and around them as many messages as wanted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from perf.gate.data.callers import EQUAL_PAIRS
from perf.gate.data.fill import fill_callers

if TYPE_CHECKING:
    from db.connections.session import Driver

ORDINARY, HEAVY = EQUAL_PAIRS[0]
"""People like others, and a group whose reader and writer have very many messages."""
MOST_OF_ONE = 1_000_000
_CONVERSATION_MESSAGES = 20
_PERSON_MESSAGES = 400
_FIRST = 1_000_000_000
"""Ids of what is added begin here; the gate's are below."""
_BATCH = 500_000
_PEOPLE = """
INSERT INTO users (id, email) SELECT {first} + i, i || '@growth.example'
FROM generate_series(1, {people}) i
"""
_CONVERSATIONS = """
INSERT INTO chat_conversations (id, user_id, title, created_at, updated_at)
SELECT {first} + c, {owner}, 'Conversation ' || c, '2025-01-01',
  '2025-12-01'::timestamptz - c * interval '1 second'
FROM generate_series({begin}, {end}) c
"""
_MESSAGES = """
INSERT INTO chat_messages (id, user_id, conversation_id, role, content, created_at)
SELECT {first} + m, user_id, c.id, 'user', repeat('Text of a message. ', 10),
  '2025-01-01'::timestamptz + m * interval '1 second'
FROM generate_series({begin}, {end}) m
JOIN chat_conversations c ON c.id = {first} + 1 + m % {conversations}
"""
_INDEXES = """
SELECT class.relname AS name, pg_get_indexdef(indexrelid) AS body
FROM pg_index JOIN pg_class AS class ON class.oid = indexrelid
WHERE indrelid = 'chat_messages'::regclass AND NOT indisunique
"""


@dataclass(frozen=True, slots=True)
class Mass:
    """How many rows are added around the gate's callers."""

    messages: int

    @property
    def of_one(self) -> int:
        """The messages of each of the two people who have very many."""
        return min(MOST_OF_ONE, self.messages // 4)

    @property
    def conversations(self) -> int:
        """The conversations that are added."""
        return max(1, self.messages // _CONVERSATION_MESSAGES)

    @property
    def people(self) -> int:
        """The people like others that are added."""
        return max(1, self.messages // _PERSON_MESSAGES)

    @property
    def owner(self) -> str:
        """Whose the conversation `c` is: the first ones are those of the people with very many."""
        each = self.of_one // _CONVERSATION_MESSAGES
        reader, writer = HEAVY.first_person, HEAVY.first_person + 1
        return (
            f"CASE WHEN c <= {each} THEN {reader} WHEN c <= {2 * each} THEN {writer} "
            f"ELSE {_FIRST} + 1 + c % {self.people} END"
        )


async def fill_growth(url: str, messages: int) -> None:
    """Fill a migrated, empty database.

    The messages of a conversation lie apart, as they do where many people write at once.
    """
    await fill_callers(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await _fill(connection, Mass(messages))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _fill(connection: "Driver", mass: Mass) -> None:
    indexes = await connection.fetch(_INDEXES)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    await connection.execute(_PEOPLE.format(first=_FIRST, people=mass.people))
    await connection.execute(
        _CONVERSATIONS.format(first=_FIRST, owner=mass.owner, begin=1, end=mass.conversations)
    )
    await connection.execute("ANALYZE chat_conversations")
    for begin in range(1, mass.messages + 1, _BATCH):
        end = min(begin + _BATCH - 1, mass.messages)
        await connection.execute(
            _MESSAGES.format(first=_FIRST, begin=begin, end=end, conversations=mass.conversations)
        )
    for index in indexes:
        await connection.execute(index["body"])
