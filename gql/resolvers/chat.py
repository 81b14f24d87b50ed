"""Mutations of messages: sending, editing, answering again and stopping, and their branches."""

import asyncio

import strawberry

from db.row import Row
from gql.context import Info, RequestContext
from gql.resolvers.conversations import conversation_key
from gql.resolvers.mutation_field import input_key, mutation, none_if_unset
from gql.schema.chat.inputs import (
    EditMessageInput,
    GiveFeedbackInput,
    MessageInput,
    RegenerateReplyInput,
    ReplyDelivery,
    SendMessageInput,
    StopReplyInput,
)
from gql.schema.chat.payloads import (
    ConversationPayload,
    DeleteMessagePayload,
    MessagePayload,
    SendMessagePayload,
    StopReplyPayload,
)
from gql.schema.user_error import UserError
from gql.values.ids import global_id
from services.guidance.client_keys import ClientKeys
from services.guidance.records import Exchange


@strawberry.type
class MessageMutations:
    """The part of the mutation root for messages."""

    @mutation(
        "Send a message and have it answered. Spends one unit of the day's quota, given back "
        "when no reply could be written.",
        SendMessagePayload,
    )
    async def send_message(self, info: Info, input_: SendMessageInput) -> SendMessagePayload:
        place = none_if_unset(input_.conversation_id)
        parent = none_if_unset(input_.parent_message_id)
        exchange = await info.context.services.guidance.send(
            info.context.require_viewer_id(),
            conversation_id=None if place is None else conversation_key(place),
            parent_id=None if parent is None else message_key(parent, field="parentMessageId"),
            content=input_.content,
            idempotency_key=input_.idempotency_key,
            keys=ClientKeys(
                none_if_unset(input_.conversation_key), none_if_unset(input_.message_key)
            ),
            model=none_if_unset(input_.model),
        )
        return await _exchange_payload(info.context, exchange, input_.delivery)

    @mutation(
        "Another version of one of the viewer's messages, answered anew; the old branch stays. "
        "Spends a unit as `sendMessage` does.",
        SendMessagePayload,
    )
    async def edit_message(self, info: Info, input_: EditMessageInput) -> SendMessagePayload:
        exchange = await info.context.services.guidance.edit(
            info.context.require_viewer_id(),
            message_key(input_.message_id),
            content=input_.content,
            idempotency_key=input_.idempotency_key,
            keys=ClientKeys(message=none_if_unset(input_.message_key)),
            model=none_if_unset(input_.model),
        )
        return await _exchange_payload(info.context, exchange, input_.delivery)

    @mutation(
        "Have a message answered again. Spends a unit as `sendMessage` does; the new reply is a "
        "sibling of the earlier ones, which stay, and is what is shown.",
        SendMessagePayload,
    )
    async def regenerate_reply(
        self, info: Info, input_: RegenerateReplyInput
    ) -> SendMessagePayload:
        exchange = await info.context.services.guidance.regenerate(
            info.context.require_viewer_id(),
            message_key(input_.message_id),
            idempotency_key=input_.idempotency_key,
            model=none_if_unset(input_.model),
        )
        return await _exchange_payload(info.context, exchange, input_.delivery)

    @mutation(
        "Stop a reply that is being written; what has arrived is kept. One that has ended stays "
        "as it is.",
        StopReplyPayload,
    )
    async def stop_reply(self, info: Info, input_: StopReplyInput) -> StopReplyPayload:
        viewer = info.context.require_viewer_id()
        key = message_key(input_.message_id)
        await info.context.services.guidance.stop(viewer, key)
        return StopReplyPayload(reply=await _message(info.context, key))

    @mutation(
        "Show the branch through this message, to the leaf that was shown last below it, or the "
        "newest. What is shown follows what is sent, too.",
        ConversationPayload,
    )
    async def select_branch(self, info: Info, input_: MessageInput) -> ConversationPayload:
        viewer, key = info.context.require_viewer_id(), message_key(input_.message_id)
        row = await info.context.services.branches.select(viewer, key)
        return ConversationPayload(conversation=row)

    @mutation(
        "Delete a message and all that follows it, for good; refused while a reply is being "
        "written there. Units that were spent stay spent.",
        DeleteMessagePayload,
    )
    async def delete_message(self, info: Info, input_: MessageInput) -> DeleteMessagePayload:
        viewer, key = info.context.require_viewer_id(), message_key(input_.message_id)
        deletion = await info.context.services.branches.delete(viewer, key)
        return DeleteMessagePayload(
            deleted_message_ids=[global_id("Message", one) for one in deletion.message_ids],
            conversation=deletion.conversation,
        )

    @mutation(
        "Rate a reply that has ended, or take back what was given. Of each person the newest "
        "counts; giving the same again changes nothing.",
        MessagePayload,
    )
    async def give_feedback(self, info: Info, input_: GiveFeedbackInput) -> MessagePayload:
        row = await info.context.services.feedback.give(
            info.context.require_viewer_id(),
            message_key(input_.message_id),
            rating=none_if_unset(input_.rating),
            comment=none_if_unset(input_.comment),
        )
        return MessagePayload(message=row)


async def _exchange_payload(
    context: RequestContext, exchange: Exchange, delivery: ReplyDelivery
) -> SendMessagePayload:
    """The payload of an exchange: at once, or when the reply has ended, as `delivery` says."""
    viewer, failure = context.require_viewer_id(), None
    if exchange.subscription is not None:
        # The service has read the subscription already: the quota needs no second lookup.
        context.loaders.subscription.prime(viewer, exchange.subscription)
    if delivery is ReplyDelivery.WAIT:
        ended = await context.services.guidance.wait_for_end(viewer, exchange.reply_id)
        failure = context.services.guidance.failure(ended)
        if failure:
            context.mark_server_fault()
    # Concurrently, so that both messages are loaded in one batch.
    conversation, message, reply, quota = await asyncio.gather(
        _conversation(context, exchange.conversation_id),
        _message(context, exchange.message_id),
        _message(context, exchange.reply_id),
        context.loaders.quota.load(viewer),
    )
    return SendMessagePayload(
        conversation=conversation,
        message=message,
        reply=reply,
        quota=quota,
        user_errors=[UserError.from_refusal(failure)] if failure else [],
    )


async def _conversation(context: RequestContext, key: int) -> Row | None:
    return await context.loaders.conversation.load(key)


async def _message(context: RequestContext, key: int) -> Row | None:
    return await context.loaders.message.load(key)


def message_key(text: str, *, field: str = "messageId") -> int:
    """The id of the message's row; raises `NotFound`."""
    return input_key("Message", text, field=field)
