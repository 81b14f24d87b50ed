"""Statements that index the messages of people, so that a search finds them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Integer,
    Text,
    bindparam,
)
from sqlalchemy import text as sql

from db.database import Connection
from db.queries.chat.message_search import windows_of
from db.row import Row
from db.statement import Statement, repository_method

_FORM = 2
"""Which lexemes messages have; those that were indexed in an earlier form, 1, are indexed again."""
_IS_WAITING = Statement(
    "message_indexing.is_waiting",
    # The planner takes a limit for a sign that any row will do, unless the index gives an order.
    sql(
        """(SELECT message_id FROM chat_messages_to_index WHERE user_id = :user_id
  ORDER BY message_id DESC LIMIT 1)
UNION ALL (SELECT message_id FROM chat_message_searches WHERE user_id = :user_id AND form = 1
  ORDER BY message_id DESC LIMIT 1)"""
    ).bindparams(bindparam("user_id", type_=BigInteger)),
)
_WAITING = """
SELECT message.user_id, message.id, message.conversation_id, message.created_at, message.content
FROM chat_messages_to_index AS waiting
JOIN chat_messages AS message
  ON message.user_id = waiting.user_id AND message.id = waiting.message_id
{condition} ORDER BY waiting.user_id, waiting.message_id DESC LIMIT :most
FOR UPDATE OF waiting SKIP LOCKED FOR KEY SHARE OF message SKIP LOCKED"""
_most = bindparam("most", type_=Integer)
_WAITING_OF_USER = Statement(
    "message_indexing.waiting_of_user",
    sql(
        _WAITING.format(condition="WHERE waiting.user_id = :user_id AND message.user_id = :user_id")
    ).bindparams(_most, bindparam("user_id", type_=BigInteger)),
)
_WAITING_OF_ANYBODY = Statement(
    "message_indexing.waiting_of_anybody", sql(_WAITING.format(condition="")).bindparams(_most)
)
_ENDS = Statement(
    "message_indexing.ends",
    sql(
        """SELECT person.user_id, newest.place AS newest, newest.created_at AS newest_at,
  oldest.place AS oldest, oldest.created_at AS oldest_at
FROM unnest(:user_ids) AS person (user_id)
CROSS JOIN LATERAL (
  SELECT place, created_at FROM chat_message_searches AS one WHERE one.user_id = person.user_id
  ORDER BY created_at DESC, place DESC LIMIT 1) AS newest
CROSS JOIN LATERAL (
  SELECT place, created_at FROM chat_message_searches AS one WHERE one.user_id = person.user_id
  ORDER BY created_at, place LIMIT 1) AS oldest"""
    ).bindparams(bindparam("user_ids", type_=ARRAY(BigInteger))),
)
_INDEX = Statement(
    "message_indexing.index",
    sql(
        f"""WITH one AS (
  SELECT * FROM unnest(:user_ids, :message_ids, :places, :instants, :lexemes)
    AS one (user_id, message_id, place, created_at, lexemes)
), added AS (
  INSERT INTO chat_message_searches (user_id, message_id, place, created_at, lexemes, form)
  SELECT user_id, message_id, place, created_at, CAST(lexemes AS tsvector), {_FORM}
  FROM one ON CONFLICT (user_id, message_id) DO UPDATE
  SET place = EXCLUDED.place, lexemes = EXCLUDED.lexemes, form = EXCLUDED.form
  WHERE chat_message_searches.form = 1
)
DELETE FROM chat_messages_to_index AS waiting USING one
WHERE waiting.user_id = one.user_id AND waiting.message_id = one.message_id"""  # noqa: S608 - a number of ours
    ).bindparams(
        bindparam("user_ids", type_=ARRAY(BigInteger)),
        bindparam("message_ids", type_=ARRAY(BigInteger)),
        bindparam("places", type_=ARRAY(Integer)),
        bindparam("instants", type_=ARRAY(DateTime(timezone=True))),
        bindparam("lexemes", type_=ARRAY(Text)),
    ),
)
_READ = Statement(
    "message_indexing.read",
    sql("SELECT CAST(CAST(:lexemes AS text) AS tsvector) IS NOT NULL AS is_read").bindparams(
        bindparam("lexemes", type_=Text)
    ),
)
_EARLIER = """
SELECT message.user_id, message.id, message.conversation_id, message.created_at, message.content,
  search.place
FROM chat_message_searches AS search
JOIN chat_messages AS message
  ON message.user_id = search.user_id AND message.id = search.message_id
WHERE search.form = 1 {condition} ORDER BY search.user_id, search.message_id DESC LIMIT :most
FOR UPDATE OF search SKIP LOCKED FOR KEY SHARE OF message SKIP LOCKED"""
_EARLIER_OF_USER = Statement(
    "message_indexing.earlier_of_user",
    sql(
        _EARLIER.format(condition="AND search.user_id = :user_id AND message.user_id = :user_id")
    ).bindparams(_most, bindparam("user_id", type_=BigInteger)),
)
_EARLIER_OF_ANYBODY = Statement(
    "message_indexing.earlier_of_anybody", sql(_EARLIER.format(condition="")).bindparams(_most)
)


class IndexedMessage(NamedTuple):
    """A message with its place among its person's, and what it is found by, if by anything."""

    user_id: int
    message_id: int
    place: int
    created_at: datetime
    lexemes: str


@repository_method
async def is_waiting(connection: Connection, user_id: int) -> bool:
    """Whether messages of the user's are still to be indexed, or to be in the form of today."""
    return bool(await connection.fetch(_IS_WAITING, user_id=user_id))


@repository_method
async def waiting(connection: Connection, *, user_id: int | None, most: int) -> list[Row]:
    """Messages that are to be indexed, of one user or of anybody, the newest of each first.

    They are locked against being deleted, and those that others have locked are left out.
    """
    if user_id is None:
        return await connection.fetch(_WAITING_OF_ANYBODY, most=most)
    return await connection.fetch(_WAITING_OF_USER, user_id=user_id, most=most)


@repository_method
async def earlier(connection: Connection, *, user_id: int | None, most: int) -> list[Row]:
    """Messages that are indexed in an earlier form, with their places; otherwise as `waiting`."""
    if user_id is None:
        return await connection.fetch(_EARLIER_OF_ANYBODY, most=most)
    return await connection.fetch(_EARLIER_OF_USER, user_id=user_id, most=most)


@repository_method
async def ends(connection: Connection, user_ids: Sequence[int]) -> list[Row]:
    """Places and instants of the newest and oldest indexed message of users who have any."""
    return await connection.fetch(_ENDS, user_ids=user_ids)


@repository_method
async def index(connection: Connection, messages: Sequence[IndexedMessage]) -> None:
    """Index messages, which then are no longer waiting, nor of an earlier form."""
    user_ids, message_ids, places, instants, _ = zip(*messages, strict=True)
    await connection.fetch(
        _INDEX,
        user_ids=user_ids,
        message_ids=message_ids,
        places=places,
        instants=instants,
        lexemes=[_lexemes_of(one) for one in messages],
    )


@repository_method
async def read(connection: Connection, message: IndexedMessage) -> None:
    """Have PostgreSQL read the lexemes of a message; raises `StatementFailed` where it cannot."""
    await connection.fetch(_READ, lexemes=_lexemes_of(message))


def _lexemes_of(message: IndexedMessage) -> str:
    if not message.lexemes:
        return ""
    return f"{message.lexemes} {windows_of(message.user_id, message.place)}"
