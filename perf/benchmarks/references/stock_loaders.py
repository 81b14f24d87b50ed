"""Sessions and load functions of the Strawberry reference."""

import os
from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import aliased

from db.tables import ChatMessage, UserSubscription

_engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
)
sessions = async_sessionmaker(_engine, expire_on_commit=False)


async def load_messages(keys: list[tuple[int, int]]) -> list[list[ChatMessage]]:
    """The last messages of each conversation, oldest first, for keys of id and count."""
    last = max(last for _, last in keys)
    place = (
        func.row_number()
        .over(
            partition_by=ChatMessage.conversation_id,
            order_by=(ChatMessage.created_at.desc(), ChatMessage.id.desc()),
        )
        .label("place")
    )
    numbered = (
        select(ChatMessage, place)
        .where(ChatMessage.conversation_id.in_([key for key, _ in keys]))
        .subquery()
    )
    message = aliased(ChatMessage, numbered)
    statement = select(message).where(numbered.c.place <= last).order_by(message.created_at)
    found: dict[int, list[ChatMessage]] = defaultdict(list)
    async with sessions() as session:
        for row in await session.scalars(statement):
            found[row.conversation_id].append(row)
    return [found[key] for key, _ in keys]


async def load_subscriptions(keys: list[int]) -> list[UserSubscription | None]:
    """The newest subscription of each user."""
    statement = (
        select(UserSubscription)
        .where(UserSubscription.user_id.in_(keys))
        .order_by(UserSubscription.user_id, UserSubscription.updated_at.desc())
        .distinct(UserSubscription.user_id)
    )
    async with sessions() as session:
        found = {row.user_id: row for row in await session.scalars(statement)}
    return [found.get(key) for key in keys]
