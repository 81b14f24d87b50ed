"""Exchanges in a conversation: sending a message, reading what was stored and charged."""

from contextlib import aclosing
from datetime import datetime

from db.row import Row
from services.guidance.records import Exchange
from streams import Delta
from tests.fixtures.stores.world import (
    ADA,
    LONG_CONVERSATION,
    NOW,
)
from tests.services.guidance.chat_instances import Instance, until

EVERYTHING = """
SELECT (SELECT count(*) FROM chat_messages), (SELECT count(*) FROM chat_conversations),
  (SELECT sum(used) FROM daily_quota_usages), (SELECT count(*) FROM quota_ledger_entries),
  (SELECT count(*) FROM reply_generations), (SELECT count(*) FROM idempotency_keys),
  (SELECT max(updated_at) FROM chat_conversations WHERE id = 1)
"""


async def send(
    parts: Instance,
    user: int = ADA,
    key: str = "key",
    *,
    conversation_id: int | None = LONG_CONVERSATION,
    content: str = "Hello?",
) -> Exchange:
    return await parts.guidance.send(
        user, conversation_id=conversation_id, content=content, idempotency_key=key
    )


async def answered(parts: Instance, exchange: Exchange, text: str = "Hello!") -> None:
    parts.model.end(text)
    await parts.guidance.wait_for_end(ADA, exchange.reply_id)


async def ledger_of(parts: Instance, exchange: Exchange) -> list[tuple[str, int]]:
    rows = await parts.rows(
        "SELECT kind, units FROM quota_ledger_entries WHERE reply_id = $1 ORDER BY id",
        exchange.reply_id,
    )
    return [tuple(row) for row in rows]


async def used(parts: Instance, user: int, day: datetime = NOW) -> int:
    count: int = await parts.value(
        "SELECT sum(used) FROM daily_quota_usages WHERE user_id = $1 AND usage_date = $2",
        user,
        day.date(),
    )
    return count


async def collected(parts: Instance, exchange: Exchange, after: int = 0) -> tuple[list[Delta], Row]:
    """The pieces after an index, and the stored reply that follows them."""
    deltas: list[Delta] = []
    async with aclosing(parts.guidance.follow(ADA, exchange.reply_id, after=after)) as events:
        async for event in events:
            if isinstance(event, Row):
                return deltas, event
            deltas.append(event)
    raise AssertionError("no end")


async def written(parts: Instance, exchange: Exchange, text: str) -> None:
    """Wait until a text is stored as what there is of a reply."""

    async def is_stored() -> bool:
        content = "SELECT content FROM chat_messages WHERE id = $1"
        return bool(await parts.value(content, exchange.reply_id) == text)

    await until(is_stored)
