"""The reference: the same reads with Strawberry alone, as its documentation teaches them.

It uses ORM entities, a session for each request, and Strawberry's DataLoader and ASGI view. It has
only the fields that the benchmark selects, does not revoke tokens, and pages in one direction: what
it leaves out makes it faster, not slower.
"""

import os
from base64 import b64encode
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Any

import jwt
import strawberry
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

from db.tables import BillingPlan, ChatConversation, ChatMessage, DailyQuotaUsage
from perf.benchmarks.references.stock_loaders import load_messages, load_subscriptions, sessions

_secret = os.environ["JWT_SECRET_KEY"]

# Any: Strawberry's context is whatever the view makes.
Info = strawberry.Info[Any, None]


def _id(kind: str, key: int) -> strawberry.ID:
    return strawberry.ID(b64encode(f"{kind}:{key}".encode()).decode())


@strawberry.enum
class Status(Enum):
    """Of subscriptions, conversations and messages alike."""

    INACTIVE = "inactive"
    PENDING = "pending"
    ACTIVE = "active"
    FAILED = "failed"
    ARCHIVED = "archived"
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"


@strawberry.enum
class Role(Enum):
    """Who wrote."""

    USER = "user"
    ASSISTANT = "assistant"


@strawberry.enum
class State(Enum):
    """Of a quota."""

    AVAILABLE = "available"
    EXHAUSTED = "exhausted"
    NO_ACTIVE_SUBSCRIPTION = "none"


@strawberry.type
class Message:
    """A message."""

    id: strawberry.ID
    role: Role
    status: Status
    content: str
    created_at: datetime


@strawberry.type
class MessageEdge:
    """A message's edge."""

    node: Message


@strawberry.type
class MessageConnection:
    """A page of messages."""

    edges: list[MessageEdge]


@strawberry.type
class Conversation:
    """A conversation."""

    key: strawberry.Private[int]
    id: strawberry.ID
    title: str
    status: Status
    updated_at: datetime

    @strawberry.field
    async def messages(self, info: Info, last: int) -> MessageConnection:
        """Give the last ones, oldest first."""
        rows = await info.context["messages"].load((self.key, last))
        return MessageConnection(edges=[MessageEdge(node=_message(row)) for row in rows])


@strawberry.type
class ConversationEdge:
    """A conversation's edge."""

    node: Conversation


@strawberry.type
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class ConversationConnection:
    """A page of conversations."""

    edges: list[ConversationEdge]
    page_info: PageInfo


@strawberry.type
class Plan:
    """A plan."""

    code: str


@strawberry.type
class Subscription:
    """A subscription."""

    status: Status
    plan: Plan | None


@strawberry.type
class Quota:
    """A quota."""

    state: State
    limit: int
    used: int
    remaining: int
    resets_at: datetime


@strawberry.type
class User:
    """The viewer."""

    key: strawberry.Private[int]
    id: strawberry.ID

    @strawberry.field
    async def subscription(self, info: Info) -> Subscription:
        """Give the newest one."""
        row = await info.context["subscriptions"].load(self.key)
        if row is None:
            return Subscription(status=Status.INACTIVE, plan=None)
        return Subscription(status=Status(row.status), plan=Plan(code=row.plan_code))

    @strawberry.field
    async def quota(self, info: Info) -> Quota:
        """Count what is left today."""
        subscription = await info.context["subscriptions"].load(self.key)
        now = datetime.now(UTC)
        async with sessions() as session:
            usage = await session.get(DailyQuotaUsage, (self.key, now.date()))
            is_active = subscription is not None and subscription.status == "active"
            plan = await session.get_one(BillingPlan, subscription.plan_code) if is_active else None
        used = usage.used if usage else 0
        limit = plan.daily_message_limit if plan else 0
        remaining = max(0, limit - used)
        state = State.AVAILABLE if remaining else State.EXHAUSTED
        return Quota(
            state=state if plan else State.NO_ACTIVE_SUBSCRIPTION,
            limit=limit,
            used=used,
            remaining=remaining,
            resets_at=datetime.combine(now.date() + timedelta(days=1), time(), UTC),
        )

    @strawberry.field
    async def conversations(self, first: int) -> ConversationConnection:
        """Give the last changed ones."""
        statement = (
            select(ChatConversation)
            .where(ChatConversation.user_id == self.key)
            .order_by(ChatConversation.updated_at.desc(), ChatConversation.id.desc())
            .limit(first + 1)
        )
        async with sessions() as session:
            rows = (await session.scalars(statement)).all()
        edges = [ConversationEdge(node=_conversation(row)) for row in rows[:first]]
        cursor = b64encode(f"{edges[-1].node.updated_at}:{edges[-1].node.key}".encode()).decode()
        return ConversationConnection(
            edges=edges,
            page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=cursor),
        )


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def viewer(self, info: Info) -> User:
        """Give the person of the token."""
        key = info.context["user_id"]
        return User(key=key, id=_id("User", key))


def _conversation(row: ChatConversation) -> Conversation:
    return Conversation(
        key=row.id,
        id=_id("Conversation", row.id),
        title=row.title,
        status=Status(row.status),
        updated_at=row.updated_at,
    )


def _message(row: ChatMessage) -> Message:
    return Message(
        id=_id("Message", row.id),
        role=Role(row.role),
        status=Status(row.status),
        content=row.content,
        created_at=row.created_at,
    )


class _View(GraphQL[Any, None]):
    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Any:
        token = request.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, _secret, ["HS256"])
        return {
            "request": request,
            "response": response,
            "user_id": int(claims["sub"]),
            "messages": DataLoader(load_fn=load_messages),
            "subscriptions": DataLoader(load_fn=load_subscriptions),
        }


app = _View(strawberry.Schema(query=Query))
