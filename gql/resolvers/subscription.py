"""The subscription root."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from db.row import Row
from gql.context import Info, RequestContext
from gql.resolvers.mutation_field import input_key
from gql.schema.billing.subscription import BillingSubscription
from gql.schema.chat.message import Message
from gql.schema.chat.reply_events import ReplyCompleted, ReplyDelta, ReplyEvent, ReplyFailed
from gql.schema.user_error import UserError
from gql.values.mappings import Sourced
from services.billing.records import Subscription as BillingSubscriptionRecord
from streams import Delta

ReplyId = Annotated[
    strawberry.ID,
    strawberry.argument(
        description="The `id` of the reply to follow, as `sendMessage` or `regenerateReply` "
        "gave it."
    ),
]
After = Annotated[
    int, strawberry.argument(description="The index of the last piece that is there already.")
]


@strawberry.type(description="Everything that can be followed.")
class Subscription:
    """The subscription root."""

    @strawberry.subscription(  # type: ignore[untyped-decorator]  # strawberry gives Any
        description=(
            "The reply as it is written, from event `after` on: a client that lost its connection "
            "passes the last index it saw and misses nothing. Ends with ReplyCompleted or "
            "ReplyFailed."
        )
    )
    async def reply_stream(
        self, info: Info, message_id: ReplyId, after: After = 0
    ) -> AsyncGenerator[ReplyEvent, None]:
        viewer = info.context.require_viewer_id()
        key = input_key("Message", message_id, field="messageId")
        seen = info.context.last_event_id
        events = info.context.services.guidance.follow(
            viewer, key, after=after if seen is None else seen
        )
        async with aclosing(events):
            async for event in events:
                yield _event(info.context, event, viewer)

    @strawberry.subscription(  # type: ignore[untyped-decorator]  # strawberry gives Any
        description=(
            "The viewer's subscription, now and whenever it changes: renewals, dunning, changes of "
            "plan, cancellations. It goes on until the client leaves."
        )
    )
    async def subscription_changed(
        self, info: Info
    ) -> AsyncGenerator[Sourced[BillingSubscription, BillingSubscriptionRecord], None]:
        viewer = info.context.require_viewer_id()
        changes = info.context.services.followers.follow(viewer)
        async with aclosing(changes):
            async for change in changes:
                yield change


def _event(
    context: RequestContext, event: Delta | Row, viewer: int
) -> ReplyDelta | ReplyCompleted | ReplyFailed:
    if isinstance(event, Delta):
        return ReplyDelta(index=event.index, text=event.text)
    # The row is the source of a message.
    message: Message = event  # type: ignore[assignment]
    failure = context.services.guidance.failure(event)
    if failure is None:
        return ReplyCompleted(user_key=viewer, message=message)
    context.mark_server_fault()
    return ReplyFailed(message=message, error=UserError.from_refusal(failure))
