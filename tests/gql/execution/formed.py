"""A schema over the messages of a real database, whose rows may come in a form."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeAlias

import asyncpg
import orjson
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.graphql.writing import written
from db.database import Database
from db.keyset import Page
from db.queries.messages import PAGE_BY_CONVERSATION
from db.work import Work
from gql.cursors import encode_cursor
from gql.execution.later import later
from gql.execution.prepare import Operation, Preparation
from gql.execution.run import coerced, run
from gql.execution.sites import form_wanted
from gql.operations.limits import Limits
from gql.rows import Column, GlobalId, Rows, Shape, listed
from gql.schema.connections import PageInfo, page_info, requested_page
from gql.schema.message import MessageRole, MessageStatus
from gql.schema.scalars import SCALARS
from loaders import PageKey, Slice
from loaders.pages import pages

Info = strawberry.Info[Any, Any]  # Any: of the context, loaders alone are asked for
NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
HERE, ELSEWHERE = 1, 2
"""Conversations: one whose messages a test writes, and one that stays as it is."""


@strawberry.type
class Line:
    """A message as this schema tells of it: one of its columns may be null."""

    key: strawberry.Private[int]
    id: strawberry.ID
    role: MessageRole
    status: MessageStatus
    content: str
    created_at: datetime
    model: str | None

    @strawberry.field
    def shout(self) -> str:
        """What no column says."""
        return self.content.upper()


@strawberry.type
class Numbered:
    line: Line

    @strawberry.field
    def cursor(self) -> str:
        return encode_cursor("lines", self.line.created_at, self.line.key)


@strawberry.type
class Lines:
    edges: list[Numbered]
    page_info: PageInfo


EDGE = Shape(
    Numbered,
    {
        "line": Shape(
            Line,
            {
                "key": Column("id"),
                "id": GlobalId("Line"),
                "role": Column("role", MessageRole),
                "status": Column("status", MessageStatus),
                "content": Column("content"),
                "created_at": Column("created_at"),
                "model": Column("model"),
            },
        )
    },
)


def in_order(found: Slice) -> Lines:
    return Lines(
        edges=listed(Rows(found.rows, EDGE, written=found.written)),
        page_info=page_info("lines", "created_at", found),
    )


@strawberry.type
class Query:
    @strawberry.field
    def lines(
        self,
        info: Info,
        of: int = HERE,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Lines | None:
        page = requested_page("lines", first=first, after=after, last=last, before=before)
        key = PageKey(of, page, form=form_wanted(info))
        return later(info.context.messages.start(key), in_order)

    @strawberry.field
    async def broken(self, info: Info) -> str | None:
        """Fail after everything else has been loaded."""
        await info.context.messages.load(PageKey(ELSEWHERE, Page(7)))
        raise ValueError("broken")


CORE = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))._schema
PREPARATION = Preparation(
    CORE, limits=Limits(tokens=1_000, depth=9, aliases=99), allows_introspection=True
)
EVERY_LEAF = "id role status content createdAt model __typename"


Told: TypeAlias = list[tuple[str, int | None]]


class Lab:
    """A database in which one conversation has the messages that a test gives it."""

    def __init__(self, runner: asyncio.Runner, url: str, database: Database, told: Told) -> None:
        self._runner = runner
        self._url = url
        self._database = database
        self.told = told
        """The statements that ran last, with their rows."""

    def store(self, rows: Sequence[tuple[object, ...]]) -> None:
        """Have these be the messages: role, status, content, instant and model."""
        self._runner.run(self._store(rows))

    async def _store(self, rows: Sequence[tuple[object, ...]]) -> None:
        connection = await asyncpg.connect(self._url)
        await connection.execute("DELETE FROM chat_messages WHERE conversation_id = $1", HERE)
        await connection.executemany(
            "INSERT INTO chat_messages (conversation_id, role, status, content, created_at, model, "
            "attempts, failure_reason) VALUES ($1, $2, $3, $4, $5, $6, "
            "CASE WHEN $6::TEXT IS NULL THEN NULL ELSE 1 END, "
            "CASE WHEN $3 = 'failed' THEN 'refused' END)",
            [(HERE, *row) for row in rows],
        )
        await connection.close()

    def execute(self, statement: str) -> None:
        """Change what no repository changes."""

        async def change() -> None:
            connection = await asyncpg.connect(self._url)
            await connection.execute(statement)
            await connection.close()

        self._runner.run(change())

    # Any: an answer is JSON, or has parts that are.
    def ask(self, document: str, *, is_written: bool, **variables: Any) -> Any:
        """The data and errors of an operation's answer."""
        operation = prepared(document)
        values = coerced(CORE, operation, variables)

        async def asked() -> Any:
            context: Any = SimpleNamespace(messages=pages(self._database, PAGE_BY_CONVERSATION))
            return await run(CORE, operation, values, context, is_written=is_written)

        self.told.clear()
        with Work():
            result = self._runner.run(asked())
        errors = [one.formatted for one in result.errors or ()]
        return {"data": result.data, "errors": errors}

    # Any: an answer is JSON.
    def same(self, document: str, **variables: Any) -> Any:
        """The one answer, however it is made, from the same rows of the same statements."""
        plain = self.ask(document, is_written=False, **variables)
        told = list(self.told)
        formed = self.ask(document, is_written=True, **variables)
        assert orjson.loads(written(formed)) == orjson.loads(written(plain))
        assert list_of_keys(written(formed)) == list_of_keys(written(plain))
        assert self.told == told
        return formed


def list_of_keys(answer: bytes) -> list[list[str]]:
    """The keys of every object, in their order."""
    found: list[list[str]] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            found.append(list(value))
        for one in value.values() if isinstance(value, dict) else value:
            if isinstance(one, dict | list):
                look(one)

    look(orjson.loads(answer))
    return found


def prepared(document: str) -> Operation:
    return PREPARATION.only_operation(document)
