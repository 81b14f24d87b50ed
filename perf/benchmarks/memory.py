"""A request's context whose loaders find their rows in memory."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from gql.context import RequestContext
from loaders import PageKey, Slice
from loaders.batch import Loader
from services.billing.records import Plan, Subscription, SubscriptionStatus
from services.quota.records import Quota, QuotaState

_NOW = datetime(2026, 2, 20, 9, 30, 0, 123456, tzinfo=UTC)
_SUBSCRIPTION = Subscription(
    SubscriptionStatus.ACTIVE, Plan("premium", "Premium", 1_900, "EUR", 1_000), None, _NOW, _NOW
)
_QUOTA = Quota(QuotaState.AVAILABLE, 1_000, 3, 997, _NOW + timedelta(days=1))
_USER = 7
_CONVERSATIONS, _MESSAGES = 20, 10


def _shown(at: datetime) -> str:
    """The instant as `db.queries.instants` has it selected."""
    return f'"{at.replace(tzinfo=None).isoformat()}"'


# Any: rows are mappings here, where the driver has its own.
def _conversation(key: int) -> Any:
    at = _shown(_NOW - timedelta(minutes=key))
    return {
        "parent_id": _USER,
        "id": key,
        "title": f"Conversation {key}",
        "status": "active",
        "created_at": at,
        "updated_at": at,
    }


def _message(conversation: int, place: int) -> Any:
    is_reply = place % 2 == 1
    return {
        "parent_id": conversation,
        "id": conversation * 100 + place,
        "conversation_id": conversation,
        "role": "assistant" if is_reply else "user",
        "status": "complete",
        "content": "What is written in a message, and a little more. " * 3,
        "created_at": _shown(_NOW - timedelta(seconds=place)),
        "model": "a-model" if is_reply else None,
        "attempts": 1 if is_reply else None,
        "prompt_tokens": 100 if is_reply else None,
        "completion_tokens": 30 if is_reply else None,
        "latency_ms": 700 if is_reply else None,
    }


_PAGE = Slice([_conversation(key) for key in range(1, _CONVERSATIONS + 1)], True, False, _USER)
_PAGES = {
    key: Slice([_message(key, place) for place in range(_MESSAGES)], False, True, key)
    for key in range(1, _CONVERSATIONS + 1)
}


async def _conversations(keys: list[PageKey]) -> list[Slice]:
    return [_PAGE for _ in keys]


async def _messages(keys: list[PageKey]) -> list[Slice]:
    return [_PAGES[key.parent_id] for key in keys]


async def _subscriptions(keys: list[int]) -> list[Subscription]:
    return [_SUBSCRIPTION for _ in keys]


async def _quotas(keys: list[int]) -> list[Quota]:
    return [_QUOTA for _ in keys]


class _Loaders:
    """Those loaders that the operations use."""

    def __init__(self) -> None:
        self.conversations_by_user = Loader(_conversations)
        self.messages_by_conversation = Loader(_messages)
        self.subscription = Loader(_subscriptions)
        self.quota = Loader(_quotas)


@dataclass(slots=True)
class _Context:
    """What the resolvers of the operations ask of a context."""

    loaders: _Loaders
    viewer_id: int = _USER


def new_context() -> RequestContext:
    """A context in which the operations of the benchmark find all that they ask for."""
    return cast("RequestContext", _Context(_Loaders()))
