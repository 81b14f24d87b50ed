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
_NOBODYS = ("", "%")
"""What lexemes have behind the person that no message has."""
_NEAR_WINDOWS = 2
_MOST_SORTED = 256
"""Results that are fetched to find the newest of them."""
_FIRST_WINDOW = 1 << 23
"""What is added to the numbers of windows, which may be negative, so that none is."""
_OUT_OF_ORDER = 2_048
"""Messages that may have been indexed in another order than that in which they were written."""


def windows_of(user_id: int, place: int) -> str:
    """The lexemes of the windows that a message is in."""
    near, far = ((place >> bits) + _FIRST_WINDOW for bits in (_NEAR_BITS, _FAR_BITS))
    return f"'{user_id:x}.{_NEAR}{near:x}' '{user_id:x}.{_FAR}{far:x}'"


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


def _matching(number: int, window: str | None = None) -> str:
    """What matches a query and none before it, in a window of the person's messages or anywhere.

    The person is named for the sake of partitions. That the planner takes the index of lexemes all
    the same is seen to by a subquery with an offset; by a column that is said to have one value, so
    that it thinks of the person with the most messages; and by two conditions that all messages
    meet, as nobody has such lexemes: it expects of each that one row in two hundred does.
    """
    person = "to_hex(:user_id) || '."
    wanted = f"CAST(:query_{number} AS tsquery)"
    if number:
        wanted += f" && !!CAST(:query_{number - 1} AS tsquery)"
    # The planner knows nothing of a subquery. One that depends on the window would be computed once
    # for all windows, where there are partitions.
    wanted = (
        f"(SELECT {wanted})"
        if window is None
        else f"({wanted} && CAST(quote_literal({person}{window}) AS tsquery))"
    )
    anything = (f"(SELECT !!CAST(quote_literal({person}{one}') AS tsquery))" for one in _NOBODYS)
    conditions = (f"lexemes @@ {one}" for one in (wanted, *anything))
    return f"""SELECT place, message_id, created_at FROM chat_message_searches
        WHERE user_id = :user_id AND {" AND ".join(conditions)} OFFSET 0"""  # noqa: S608 - ours


def _near(number: int, newest: str, oldest: str) -> str:
    """Results of a query in windows of 512, newest first: a lateral join has the series' order."""
    window = f"{_NEAR}' || to_hex(near.number + {_FIRST_WINDOW})"
    return f"""generate_series({newest}, {oldest}, -1) AS near (number),
    LATERAL (
      SELECT place, message_id FROM ({_matching(number, window)}) AS matching
      WHERE {_is_behind(number)} ORDER BY place DESC, message_id DESC
    ) AS found"""  # noqa: S608 - texts of ours


def _far(number: int) -> str:
    """Results of a query in windows of 4,096, newest first.

    Of a window that has very many, these are looked for in its windows of 512. Only one part of the
    union has rows.
    """
    window = f"{_FAR}' || to_hex(far.number + {_FIRST_WINDOW})"
    parts = 1 << (_FAR_BITS - _NEAR_BITS)
    newest, oldest = f"far.number * {parts} + {parts - 1}", f"far.number * {parts}"
    are_few = f"(SELECT count(*) FROM few) <= {_MOST_SORTED}"  # noqa: S608 - a number of ours
    return f"""SELECT found.place, found.message_id
  FROM bounds,
    generate_series({_newest(number, _FAR_BITS)}, {_oldest(_FAR_BITS)}, -1) AS far (number),
    LATERAL (
      WITH few AS MATERIALIZED ({_matching(number, window)} LIMIT {_MOST_SORTED + 1})
      (SELECT place, message_id FROM few WHERE {are_few} AND {_is_behind(number)}
      ORDER BY place DESC, message_id DESC)
      UNION ALL
      SELECT found.place, found.message_id FROM {_near(number, newest, oldest)}
      WHERE NOT {are_few}
    ) AS found"""  # noqa: S608 - texts of ours


def _tier(number: int) -> str:
    """The results of one query, unless the ones before have given enough."""
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
  SELECT found.place, found.message_id FROM bounds, {_near(number, newest, last_near)}
  WHERE {is_wanted} LIMIT :most
), all_{number} AS MATERIALIZED (
  SELECT * FROM ({_matching(number)}) AS matching
  WHERE {is_wanted} AND NOT {has_enough} LIMIT {_MOST_SORTED + 1}
), far_{number} AS MATERIALIZED (
  {_far(number)}
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
