"""Clients who write and read as the version before does, and know what must be there in the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

import asyncpg

from perf.chaos.migrate_online.people import FIRST, FIRST_WRITER, Crowd, has_owner

if TYPE_CHECKING:
    from db.connections.session import Driver

_PAUSE_SECONDS = 0.01
_MOST_MESSAGES = 60
_ACTIONS = {"begin": 5, "forget": 5, "add": 50, "change": 25, "delete": 15}
"""What a person does, and how often in a hundred times."""
_FOUND = """
SELECT message.id, conversation_id, content FROM chat_messages AS message
JOIN chat_conversations AS conversation ON conversation.id = conversation_id
WHERE conversation.user_id = $1
"""


@dataclass(slots=True)
class Writer:
    """A person who writes, and the messages that were committed: conversation and text by id."""

    person: int
    random: Random
    messages: dict[int, tuple[int, str]] = field(default_factory=dict)
    conversations: list[int] = field(default_factory=list)
    writes: int = 0

    async def write(self, connection: "Driver", *, is_owned: bool) -> None:
        """Write once; what is refused is raised."""
        (action,) = self.random.choices(list(_ACTIONS), list(_ACTIONS.values()))
        if not self.conversations or action == "begin":
            found = await connection.fetchval(
                "INSERT INTO chat_conversations (user_id, title) VALUES ($1, 'Trial') RETURNING id",
                self.person,
            )
            self.conversations.append(found)
        elif action == "forget" and len(self.conversations) > 1:
            await self._delete_conversation(connection)
        elif action == "add" and len(self.messages) < _MOST_MESSAGES:
            await self._add(connection, is_owned=is_owned)
        elif self.messages and action == "change":
            await self._change(connection, is_owned=is_owned)
        elif self.messages:
            key = self.random.choice(list(self.messages))
            own = _own(is_owned=is_owned)
            await connection.execute(
                f"DELETE FROM chat_messages WHERE id = $1 AND {own}",  # noqa: S608 - our own names
                key,
                self.person,
            )
            del self.messages[key]
        self.writes += 1

    async def _add(self, connection: "Driver", *, is_owned: bool) -> None:
        conversation, text = self.random.choice(self.conversations), f"Text {self.writes}"
        async with connection.transaction():
            if is_owned:
                key = await connection.fetchval(
                    "INSERT INTO chat_messages (user_id, conversation_id, role, content) "
                    "VALUES ($1, $2, 'user', $3) RETURNING id",
                    self.person,
                    conversation,
                    text,
                )
            else:
                key = await connection.fetchval(
                    "INSERT INTO chat_messages (conversation_id, role, content) "
                    "VALUES ($1, 'user', $2) RETURNING id",
                    conversation,
                    text,
                )
            await connection.execute(
                "UPDATE chat_conversations SET updated_at = now() WHERE user_id = $1 AND id = $2",
                self.person,
                conversation,
            )
        self.messages[key] = conversation, text

    async def _change(self, connection: "Driver", *, is_owned: bool) -> None:
        key, text = self.random.choice(list(self.messages)), f"Changed {self.writes}"
        own = _own(is_owned=is_owned)
        await connection.execute(
            f"UPDATE chat_messages SET content = $3 WHERE id = $1 AND {own}",  # noqa: S608 - our own names
            key,
            self.person,
            text,
        )
        self.messages[key] = self.messages[key][0], text

    async def _delete_conversation(self, connection: "Driver") -> None:
        gone = self.random.choice(self.conversations)
        await connection.execute(
            "DELETE FROM chat_conversations WHERE user_id = $1 AND id = $2", self.person, gone
        )
        self.conversations.remove(gone)
        self.messages = {key: one for key, one in self.messages.items() if one[0] != gone}

    async def problems(self, connection: "Driver") -> list[str]:
        """What is there, and must not be, or the reverse."""
        found = {row[0]: (row[1], row[2]) for row in await connection.fetch(_FOUND, self.person)}
        if found == self.messages:
            return []
        lost, more = self.messages.keys() - found.keys(), found.keys() - self.messages.keys()
        return [f"of person {self.person} {len(lost)} messages are lost, {len(more)} too many"]


def _own(*, is_owned: bool) -> str:
    """Where a message is of the person `$2`, as far as it says whose it is."""
    return "user_id = $2" if is_owned else "$2 > 0"


@dataclass(slots=True)
class Load:
    """What the clients have seen."""

    crowd: Crowd
    writers: list[Writer]
    page_seconds: list[float] = field(default_factory=list)
    """How long pages took, since it was emptied last."""
    failures: dict[str, int] = field(default_factory=dict)

    def failed(self, error: Exception) -> None:
        """Count a failure by what it says."""
        said = f"{type(error).__name__}: {error}"
        self.failures[said] = self.failures.get(said, 0) + 1

    async def problems(self, url: str) -> list[str]:
        """Failures, and what of the writers' is not as they left it."""
        connection = await asyncpg.connect(url)
        try:
            found = [f"{count} times: {said}" for said, count in self.failures.items()]
            for writer in self.writers:
                found += await writer.problems(connection)
        finally:
            await connection.close()
        return found


@asynccontextmanager
async def load(url: str, crowd: Crowd, seed: int) -> AsyncIterator[Load]:
    """Clients on sessions of their own, until the block ends."""
    random = Random(seed)
    writers = [
        Writer(FIRST_WRITER + place, Random(random.random())) for place in range(crowd.writers)
    ]
    made, ended = Load(crowd, writers), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for writer in writers:
            group.create_task(_write(url, made, writer, ended))
        group.create_task(_read(url, made, Random(seed), ended))
        try:
            yield made
        finally:
            ended.set()


async def _write(url: str, made: Load, writer: Writer, ended: asyncio.Event) -> None:
    connection = await asyncpg.connect(url)
    try:
        is_owned = await has_owner(connection)
        while not ended.is_set():
            try:
                await writer.write(connection, is_owned=is_owned)
            except asyncpg.PostgresError as error:
                made.failed(error)
            await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        await connection.close()


async def _read(url: str, made: Load, random: Random, ended: asyncio.Event) -> None:
    """Read pages of random conversations, each in the time from its asking to its rows."""
    connection = await asyncpg.connect(url)
    whose = _own(is_owned=await has_owner(connection))
    try:
        while not ended.is_set():
            place = random.randint(1, made.crowd.conversations)
            began = perf_counter()
            try:
                await connection.fetch(
                    "SELECT id, role, content, created_at FROM chat_messages "  # noqa: S608 - our own names
                    f"WHERE {whose} AND conversation_id = $1 "
                    "ORDER BY created_at DESC, id DESC LIMIT 20",
                    FIRST + place,
                    FIRST + place % made.crowd.people,
                )
            except asyncpg.PostgresError as error:
                made.failed(error)
            else:
                made.page_seconds.append(perf_counter() - began)
            await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        await connection.close()
