"""`guidance bench growth`: what the reads of the chat cost while messages grow in number."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

import asyncpg
import click
import orjson

from db.embedded import embedded_postgres
from db.page import Page
from db.queries.chat import conversations, messages
from db.row import Row
from db.schema.migration import migrate
from db.schema.partitions.online import partition
from db.statement import Statement
from perf.cli import options

if TYPE_CHECKING:
    from db.connections.session import Driver

_LENGTH = 20
"""Messages of a conversation."""
_ONE, _OF_ONE, _MANY, _OF_MANY = 2, 1, 1, 2
"""A person like others with a conversation, and one who has half of all messages."""
_FILL = f"""
INSERT INTO users (id, email)
  SELECT i, i || '@example.com' FROM generate_series(1, greatest(3, {{messages}} / 400)) i;
INSERT INTO chat_conversations (id, user_id, title, updated_at)
  SELECT c, CASE WHEN c % 2 = 0 AND c > 1 THEN {_MANY}
                 ELSE 2 + (c / 2) % (greatest(3, {{messages}} / 400) - 1) END,
         'Conversation ' || c, now() - c * interval '1 second'
  FROM generate_series(1, {{messages}} / {_LENGTH}) c;
INSERT INTO chat_messages (user_id, conversation_id, role, content, created_at)
  SELECT c.user_id, c.id, 'user', repeat('Text of a message. ', 10),
         now() - m * interval '1 minute'
  FROM chat_conversations c, generate_series(1, {_LENGTH}) m ORDER BY random();
"""  # noqa: S608 - our own names
_RUNS = 30
Read = Callable[[Any, int, int], Awaitable[object]]  # Any: stands where a connection stands
READS: dict[str, Read] = {
    "list of conversations": lambda at, user, _: conversations.PAGE_BY_USER.fetch(
        at, [user], Page(20), None
    ),
    "page of a conversation": lambda at, user, conversation: messages.PAGE_BY_CONVERSATION.fetch(
        at, [conversation], Page(20, is_backward=True), None, owner_id=user
    ),
    "count of messages": lambda at, user, conversation: messages.count_by_conversation(
        at, [conversation], user
    ),
    "conversation by id": lambda at, user, conversation: conversations.by_id(
        at, [conversation], user
    ),
}


class _Capture:
    """Stands where a connection stands, and keeps what it is asked to run."""

    statement: Statement
    values: dict[str, Any]  # Any: values of every type

    async def fetch(self, statement: Statement, **values: Any) -> list[Row]:  # Any: as above
        self.statement, self.values = statement, values
        return []


@dataclass(frozen=True, slots=True)
class Cost:
    """What one read costs."""

    blocks: int
    milliseconds: float


@click.command("growth")
@click.option(
    "--messages",
    "sizes",
    multiple=True,
    type=click.IntRange(1_000),
    default=(2_000, 200_000),
    show_default=True,
    help="A number of messages; half are one person's. Repeat it.",
)
@options.number("--partitions", 8, "Partitions of the tables of people.")
def bench_growth(sizes: tuple[int, ...], partitions: int) -> None:
    """What the chat's reads cost as messages grow in number.

    On databases of its own, plain and partitioned. Blocks are those of the plan for these people;
    milliseconds are those of the plan for anybody, which a process uses for what it asks often.
    """
    click.echo(f"{'read':<24}{'messages':>10}{'parts':>7}{'whose':>7}{'blocks':>8}{'ms':>8}")
    for parts in (1, partitions):
        _measure(sorted(sizes), parts)


def _measure(sizes: list[int], parts: int) -> None:
    for size in sizes:
        with _filled(size, parts) as url:
            for name, cost in asyncio.run(_costs(url)).items():
                read, whose = name
                click.echo(
                    f"{read:<24}{size:>10,}{parts:>7}{whose:>7}{cost.blocks:>8}"
                    f"{cost.milliseconds:>8.2f}"
                )


@contextmanager
def _filled(size: int, parts: int) -> Iterator[str]:
    with (
        TemporaryDirectory(prefix="guidance-growth-") as folder,
        embedded_postgres(Path(folder), is_durable=False) as url,
    ):
        migrate(url)
        if parts > 1:
            partition(url, parts)
        asyncio.run(_fill(url, size))
        yield url


async def _fill(url: str, size: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_FILL.format(messages=size))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _costs(url: str) -> dict[tuple[str, str], Cost]:
    connection = await asyncpg.connect(url)
    try:
        # What a process runs often has such a plan, for whomever it is asked.
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        return {
            (name, whose): await _cost(connection, read, user, conversation)
            for name, read in READS.items()
            for whose, user, conversation in (("one", _ONE, _OF_ONE), ("many", _MANY, _OF_MANY))
        }
    finally:
        await connection.close()


async def _cost(connection: "Driver", read: Read, user: int, conversation: int) -> Cost:
    asked = _Capture()
    await read(asked, user, conversation)
    arguments = asked.statement.arguments(asked.values)
    prepared = await connection.prepare(asked.statement.sql)
    taken = []
    for _ in range(_RUNS):
        started = perf_counter()
        await prepared.fetch(*arguments)
        taken.append((perf_counter() - started) * 1_000)
    explained = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {asked.statement.sql}"
    plan = orjson.loads(await connection.fetchval(explained, *arguments))[0]["Plan"]
    blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return Cost(blocks, median(taken))
