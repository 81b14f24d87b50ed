"""The plan of the statement that searches, as it is run."""

from typing import TYPE_CHECKING, Any

import orjson

from db.page import SearchPosition
from db.queries.chat import message_search
from db.row import Row
from db.statement import Statement
from services.search.lexemes import ranked_queries
from services.search.service import SearchScope

if TYPE_CHECKING:
    from db.connections.session import Driver


async def executed_plan(
    connection: "Driver",
    user_id: int,
    scope: SearchScope,
    *,
    after: SearchPosition | None,
    most: int,
) -> dict[str, Any]:  # Any: as PostgreSQL's JSON has it
    """Run a search for its plan with the blocks that it read."""
    asked: Any = _Capture()  # Any: stands where a connection stands
    await message_search.search(
        asked,
        user_id,
        ranked_queries(scope.query, user_id=user_id, conversation_id=scope.conversation_id),
        since=scope.since,
        until=scope.until,
        after=after,
        most=most,
    )
    arguments = asked.statement.arguments(asked.values)
    explained = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {asked.statement.sql}"
    (found,) = orjson.loads(await connection.fetchval(explained, *arguments))
    plan: dict[str, Any] = found["Plan"]  # Any: as above
    return plan


def blocks_of(plan: dict[str, Any]) -> int:  # Any: as above
    """How many blocks of 8 KB a plan read, in memory or not."""
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


class _Capture:
    """Stands where a connection stands, and keeps what it is asked to run."""

    statement: Statement
    values: dict[str, Any]  # Any: values of every type

    async def fetch(self, statement: Statement, **values: Any) -> list[Row]:  # Any: as above
        self.statement, self.values = statement, values
        return []
