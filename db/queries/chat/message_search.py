"""Statements that search a person's messages, and that index them.

A lexeme begins with the person, or with the person and the part of their messages: so what a search
reads of the index does not depend on anybody else. The parts are searched one after another, the
newest first, and only while there are too few results: so it does not depend on how many messages
of the person's match, either.
"""

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
    literal_column,
    select,
)
from sqlalchemy import text as sql

from db.database import Connection
from db.page import SearchPosition
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import MessageToIndex

TIERS = 3
"""The queries of a search, the strictest first."""
_PART_BITS = 11
"""A part has 2,048 messages: so many rows a common word is found among, so few scans a rare one."""
_FIRST_PART = 1 << 20
"""What is added to parts, which may be negative, so that none is."""


def _placed(lexemes: str, part: str, user_id: str) -> str:
    """Lexemes that say whose they are: `%` is the person, `@` the person's part."""
    person = f"to_hex({user_id}) || '.'"
    place = f"{person} || to_hex({part} + {_FIRST_PART}) || ':'"
    return f"replace(replace({lexemes}, '@', {place}), '%', {person})"


def _tier(number: int) -> str:
    """The results of one query, unless the ones before have given enough.

    The subquery with an offset keeps the planner from anything but the index of lexemes: it knows
    how many messages a person has on average, and not how rare a word is. A lateral join gives the
    parts in the order of the series.
    """
    counts = (f"(SELECT count(*) FROM tier_{one})" for one in range(number))  # noqa: S608 - ours
    found_before = " + ".join(counts) or "0"
    query = f"CAST(:query_{number} AS text)"
    return f"""tier_{number} AS MATERIALIZED (
  SELECT {number} AS tier, found.part, found.message_id
  FROM bounds,
    generate_series(
      CASE WHEN :after_tier = {number} THEN least(:after_part, bounds.newest)
        ELSE bounds.newest END,
      bounds.oldest, -1) AS searched (part),
    LATERAL (
      SELECT matching.part, matching.message_id
      FROM (
        SELECT user_id, message_id, place >> {_PART_BITS} AS part, created_at
        FROM chat_message_searches
        WHERE lexemes @@ CAST({_placed(query, "searched.part", ":user_id")} AS tsquery) OFFSET 0
      ) AS matching
      WHERE matching.user_id = :user_id
        AND (:since IS NULL OR matching.created_at >= :since)
        AND (:until IS NULL OR matching.created_at < :until)
        AND (:after_tier <> {number}
          OR (matching.part, matching.message_id) < (:after_part, :after_id))
      ORDER BY matching.message_id DESC
    ) AS found
  WHERE {query} IS NOT NULL AND :after_tier <= {number} AND {found_before} < :most
  LIMIT :most
)"""  # noqa: S608 - numbers of ours


_BOUND = f"SELECT place >> {_PART_BITS} FROM chat_message_searches WHERE user_id = :user_id"  # noqa: S608 - ours
_SEARCH = Statement(
    "message_search.search",
    sql(
        f"""WITH bounds AS MATERIALIZED (
  SELECT
    ({_BOUND} AND (:until IS NULL OR created_at < :until)
      ORDER BY created_at DESC, place DESC LIMIT 1) + 1 AS newest,
    ({_BOUND} AND (:since IS NULL OR created_at >= :since)
      ORDER BY created_at, place LIMIT 1) - 1 AS oldest
),
{", ".join(_tier(number) for number in range(TIERS))}
{" UNION ALL ".join(f"SELECT * FROM tier_{number}" for number in range(TIERS))}
ORDER BY tier, part DESC, message_id DESC LIMIT :most"""  # noqa: S608 - texts of ours
    ).bindparams(
        bindparam("user_id", type_=BigInteger),
        bindparam("since", type_=DateTime(timezone=True)),
        bindparam("until", type_=DateTime(timezone=True)),
        bindparam("after_tier", type_=Integer),
        bindparam("after_part", type_=Integer),
        bindparam("after_id", type_=BigInteger),
        bindparam("most", type_=Integer),
    ),
)
_IS_WAITING = Statement(
    "message_search.is_waiting",
    select(MessageToIndex.message_id)
    .where(MessageToIndex.user_id == bindparam("user_id", type_=BigInteger))
    # The planner takes a limit for a sign that any row will do, unless the index gives an order.
    .order_by(MessageToIndex.message_id.desc())
    .limit(literal_column("1")),
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
    "message_search.waiting_of_user",
    sql(
        _WAITING.format(condition="WHERE waiting.user_id = :user_id AND message.user_id = :user_id")
    ).bindparams(_most, bindparam("user_id", type_=BigInteger)),
)
_WAITING_OF_ANYBODY = Statement(
    "message_search.waiting_of_anybody", sql(_WAITING.format(condition="")).bindparams(_most)
)
_ENDS = Statement(
    "message_search.ends",
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
    "message_search.index",
    sql(
        f"""WITH one AS (
  SELECT * FROM unnest(:user_ids, :message_ids, :places, :instants, :lexemes)
    AS one (user_id, message_id, place, created_at, lexemes)
), added AS (
  INSERT INTO chat_message_searches (user_id, message_id, place, created_at, lexemes)
  SELECT user_id, message_id, place, created_at,
    CAST({_placed("lexemes", f"(place >> {_PART_BITS})", "user_id")} AS tsvector)
  FROM one ON CONFLICT DO NOTHING
)
DELETE FROM chat_messages_to_index AS waiting USING one
WHERE waiting.user_id = one.user_id AND waiting.message_id = one.message_id"""  # noqa: S608 - as above
    ).bindparams(
        bindparam("user_ids", type_=ARRAY(BigInteger)),
        bindparam("message_ids", type_=ARRAY(BigInteger)),
        bindparam("places", type_=ARRAY(Integer)),
        bindparam("instants", type_=ARRAY(DateTime(timezone=True))),
        bindparam("lexemes", type_=ARRAY(Text)),
    ),
)
_READ = Statement(
    "message_search.read",
    sql(
        f"SELECT CAST({_placed('CAST(:lexemes AS text)', f'(:place >> {_PART_BITS})', ':user_id')}"
        " AS tsvector) IS NOT NULL AS is_read"
    ).bindparams(
        bindparam("user_id", type_=BigInteger),
        bindparam("place", type_=Integer),
        bindparam("lexemes", type_=Text),
    ),
)


class IndexedMessage(NamedTuple):
    """A message with its place among its person's, and its lexemes without whose they are."""

    user_id: int
    message_id: int
    place: int
    created_at: datetime
    lexemes: str


@repository_method
async def search(
    connection: Connection,
    user_id: int,
    queries: Sequence[str],
    *,
    since: datetime | None,
    until: datetime | None,
    after: SearchPosition | None,
    most: int,
) -> list[SearchPosition]:
    """What at most `TIERS` queries find of the user's messages, the strictest first.

    What one query finds is ordered by part and id, newest first. `after` is where to go on.
    """
    place = after or SearchPosition(-1, 0, 0)
    padded = [*queries, *[None] * TIERS][:TIERS]
    rows = await connection.fetch(
        _SEARCH,
        user_id=user_id,
        since=since,
        until=until,
        after_tier=place.tier,
        after_part=place.part,
        after_id=place.message_id,
        most=most,
        **{f"query_{number}": query for number, query in enumerate(padded)},
    )
    return [SearchPosition(row["tier"], row["part"], row["message_id"]) for row in rows]


@repository_method
async def is_waiting(connection: Connection, user_id: int) -> bool:
    """Whether messages of the user's are still to be indexed."""
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
async def ends(connection: Connection, user_ids: Sequence[int]) -> list[Row]:
    """Places and instants of the newest and oldest indexed message of users who have any."""
    return await connection.fetch(_ENDS, user_ids=user_ids)


@repository_method
async def index(connection: Connection, messages: Sequence[IndexedMessage]) -> None:
    """Index messages, which then are no longer waiting."""
    user_ids, message_ids, places, instants, lexemes = zip(*messages, strict=True)
    await connection.fetch(
        _INDEX,
        user_ids=user_ids,
        message_ids=message_ids,
        places=places,
        instants=instants,
        lexemes=lexemes,
    )


@repository_method
async def read(connection: Connection, message: IndexedMessage) -> None:
    """Have PostgreSQL read the lexemes of a message; raises `StatementFailed` where it cannot."""
    await connection.fetch(
        _READ, user_id=message.user_id, place=message.place, lexemes=message.lexemes
    )
