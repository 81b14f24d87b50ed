"""The statement that searches messages, by an index of lexemes that begin with the person.

What it reads depends on nobody else's messages, and little on how many of the person's match. Some
words match so many that the newest are all that can be looked at, others so few that all can be: so
it looks into the newest messages first, in *windows* of them; then among all, unless very many are
found there; and then through all windows, newest first, until there are enough.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, DateTime, Integer, Text, bindparam
from sqlalchemy import text as sql

from db.database import Connection
from db.page import SearchPosition
from db.statement import Statement, repository_method

TIERS: Final = 3
"""The queries of a search, the strictest first."""
_NEAR_BITS, _FAR_BITS = 9, 12
"""Windows of the newest messages have 512 places, and those of all 4,096."""
_NEAR, _FAR = "/", "+"
"""What the lexemes of windows begin with, behind the person."""
_NEAR_WINDOWS = 2
_MOST_SORTED = 1_024
"""Results that are fetched to find the newest of them."""
_FIRST_WINDOW = 1 << 23
"""What is added to the numbers of windows, which may be negative, so that none is."""
_OUT_OF_ORDER = 2_048
"""Messages that may have been indexed in another order than that in which they were written."""


def windows_of(user_id: int, place: int) -> str:
    """The lexemes of the windows that a message is in."""
    near, far = ((place >> bits) + _FIRST_WINDOW for bits in (_NEAR_BITS, _FAR_BITS))
    return f"'{user_id:x}.{_NEAR}{near:x}' '{user_id:x}.{_FAR}{far:x}'"


_SEARCHED = """SELECT user_id, message_id, place, created_at FROM chat_message_searches
        WHERE lexemes @@ """
_IS_IN_TIME = "(:since IS NULL OR created_at >= :since) AND (:until IS NULL OR created_at < :until)"


def _is_behind(number: int) -> str:
    """Whether a result of a query is in time, and behind the place at which the page begins."""
    return f"""{_IS_IN_TIME}
        AND (:after_tier <> {number} OR (place, message_id) < (:after_place, :after_id))"""


def _newest(number: int, bits: int) -> str:
    """The window from which on a query searches."""
    return f"""((CASE WHEN :after_tier = {number} THEN least(:after_place, bounds.newest)
      ELSE bounds.newest END) >> {bits})"""


def _oldest(bits: int) -> str:
    return f"(bounds.oldest >> {bits})"


def _windows(number: int, kind: str, newest: str, oldest: str) -> str:
    """Results of a query in windows, newest first, while they are too few.

    The subquery with an offset keeps the planner from anything but the index of lexemes: it knows
    how many messages a person has on average, and not how rare a word is. A lateral join gives the
    windows in the order of the series.
    """
    window = f"to_hex(:user_id) || '.{kind}' || to_hex(searched.number + {_FIRST_WINDOW})"
    return f"""SELECT found.place, found.message_id
  FROM bounds,
    generate_series({newest}, {oldest}, -1) AS searched (number),
    LATERAL (
      SELECT place, message_id
      FROM (
        {_SEARCHED}(CAST(:query_{number} AS tsquery) && CAST(quote_literal({window}) AS tsquery))
        OFFSET 0
      ) AS matching
      WHERE user_id = :user_id AND {_is_behind(number)}
      ORDER BY place DESC, message_id DESC
    ) AS found"""  # noqa: S608 - texts of ours


def _tier(number: int) -> str:
    """The results of one query, unless the ones before have given enough.

    Among all messages the query is a subquery: a plan for given values would read the whole table
    where a word is common, not knowing that lexemes are stored outside of their rows.
    """
    before = (f"(SELECT count(*) FROM tier_{one})" for one in range(number))  # noqa: S608 - ours
    is_wanted = (
        f":query_{number} IS NOT NULL AND :after_tier <= {number} "
        f"AND {' + '.join(before) or '0'} < :most"
    )
    newest, oldest = _newest(number, _NEAR_BITS), _oldest(_NEAR_BITS)
    has_enough = f"""((SELECT count(*) FROM near_{number}) >= :most
    OR (SELECT {newest} - {oldest} < {_NEAR_WINDOWS} FROM bounds))"""  # noqa: S608 - ours
    are_few = f"(SELECT count(*) FROM all_{number}) <= {_MOST_SORTED}"  # noqa: S608 - ours
    last_near = f"greatest({newest} - {_NEAR_WINDOWS - 1}, {oldest})"
    return f"""near_{number} AS MATERIALIZED (
  {_windows(number, _NEAR, newest, last_near)}
  WHERE {is_wanted} LIMIT :most
), all_{number} AS MATERIALIZED (
  SELECT place, message_id, created_at
  FROM bounds, (
    {_SEARCHED}(SELECT CAST(:query_{number} AS tsquery)) OFFSET 0
  ) AS matching
  WHERE user_id = :user_id AND place BETWEEN bounds.oldest AND bounds.newest
    AND {is_wanted} AND NOT {has_enough} LIMIT {_MOST_SORTED + 1}
), far_{number} AS MATERIALIZED (
  {_windows(number, _FAR, _newest(number, _FAR_BITS), _oldest(_FAR_BITS))}
  WHERE NOT {are_few} LIMIT :most
), tier_{number} AS MATERIALIZED (
  SELECT {number} AS tier, place, message_id
  FROM (
    SELECT place, message_id FROM near_{number} WHERE {has_enough}
    UNION ALL
    SELECT place, message_id FROM all_{number} WHERE {are_few} AND {_is_behind(number)}
    UNION ALL
    SELECT place, message_id FROM far_{number}
  ) AS found ORDER BY place DESC, message_id DESC LIMIT :most
)"""  # noqa: S608 - numbers of ours


def _bound(time: str, order: str, extreme: str) -> str:
    """The place of the newest or oldest message, of those that are in time if that is limited."""
    places = "SELECT place FROM chat_message_searches WHERE user_id = :user_id"
    return f"""CASE WHEN :{time} IS NULL
    THEN ({places} ORDER BY place{order} LIMIT 1)
    ELSE (SELECT {extreme}(place) FROM (
      {places} AND created_at {"<" if order else ">="} :{time}
      ORDER BY created_at{order}, place{order} LIMIT {_OUT_OF_ORDER}) AS near) END"""  # noqa: S608 - ours


_SEARCH = Statement(
    "message_search.search",
    sql(
        f"""WITH bounds AS MATERIALIZED (
  SELECT {_bound("until", " DESC", "max")} AS newest, {_bound("since", "", "min")} AS oldest
),
{", ".join(_tier(number) for number in range(TIERS))}
{" UNION ALL ".join(f"SELECT * FROM tier_{number}" for number in range(TIERS))}
ORDER BY tier, place DESC, message_id DESC LIMIT :most"""  # noqa: S608 - texts of ours
    ).bindparams(
        bindparam("user_id", type_=BigInteger),
        bindparam("since", type_=DateTime(timezone=True)),
        bindparam("until", type_=DateTime(timezone=True)),
        bindparam("after_tier", type_=Integer),
        bindparam("after_place", type_=Integer),
        bindparam("after_id", type_=BigInteger),
        bindparam("most", type_=Integer),
        *(bindparam(f"query_{number}", type_=Text) for number in range(TIERS)),
    ),
)


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

    What one query finds is ordered by place and id, newest first. `after` is where to go on.
    """
    place = after or SearchPosition(-1, 0, 0)
    padded = [*queries, *[None] * TIERS][:TIERS]
    rows = await connection.fetch(
        _SEARCH,
        user_id=user_id,
        since=since,
        until=until,
        after_tier=place.tier,
        after_place=place.place,
        after_id=place.message_id,
        most=most,
        **{f"query_{number}": query for number, query in enumerate(padded)},
    )
    return [SearchPosition(row["tier"], row["place"], row["message_id"]) for row in rows]
