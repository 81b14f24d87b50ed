"""Mutations of conversations and messages."""

import asyncio

import strawberry

from db.row import Row
from gql.context import Info, RequestContext
from gql.resolvers.mutation_field import input_key, mutation, none_if_unset
from gql.schema.chat.inputs import (
    ConversationInput,
    RegenerateReplyInput,
    RenameConversationInput,
    ReplyDelivery,
    SendMessageInput,
    StartConversationInput,
    StopReplyInput,
)
from gql.schema.chat.payloads import (
    ConversationPayload,
    DeleteConversationPayload,
    SendMessagePayload,
    StartConversationPayload,
    StopReplyPayload,
)
from gql.schema.user_error import UserError
from gql.values.ids import global_id
from services.guidance.client_keys import ClientKeys
from services.guidance.records import Exchange


@strawberry.type
class ChatMutations:
    """The part of the mutation root for conversations and messages."""

    @mutation("Start an empty conversation.", StartConversationPayload)
    async def start_conversation(
        self, info: Info, input_: StartConversationInput
    ) -> StartConversationPayload:
        context = info.context
        started = await context.services.conversations.start(
            context.require_viewer_id(),
            title=none_if_unset(input_.title),
            idempotency_key=input_.idempotency_key,
        )
        return StartConversationPayload(conversation=started)

    @mutation("Change the title of a conversation.", ConversationPayload)
    async def rename_conversation(
        self, info: Info, input_: RenameConversationInput
    ) -> ConversationPayload:
        viewer, key = info.context.require_viewer_id(), _conversation_key(input_.conversation_id)
        row = await info.context.services.conversations.rename(viewer, key, input_.title)
        return ConversationPayload(conversation=row)

    @mutation("Put a conversation into the archive; nothing of it is deleted.", ConversationPayload)
    async def archive_conversation(
        self, info: Info, input_: ConversationInput
    ) -> ConversationPayload:
        viewer, key = info.context.require_viewer_id(), _conversation_key(input_.conversation_id)
        row = await info.context.services.conversations.archive(viewer, key)
        return ConversationPayload(conversation=row)

    @mutation(
        "Take a conversation out of the archive; sending a message there does it too.",
        ConversationPayload,
    )
    async def unarchive_conversation(
        self, info: Info, input_: ConversationInput
    ) -> ConversationPayload:
        viewer, key = info.context.require_viewer_id(), _conversation_key(input_.conversation_id)
        row = await info.context.services.conversations.unarchive(viewer, key)
        return ConversationPayload(conversation=row)

    @mutation(
        "Delete a conversation with its messages, for good. A reply that is being written is "
        "given up, and costs nothing.",
        DeleteConversationPayload,
    )
    async def delete_conversation(
        self, info: Info, input_: ConversationInput
    ) -> DeleteConversationPayload:
        viewer, key = info.context.require_viewer_id(), _conversation_key(input_.conversation_id)
        await info.context.services.conversations.delete(viewer, key)
        return DeleteConversationPayload(deleted_conversation_id=global_id("Conversation", key))

    @mutation(
        "Send a message and have it answered. Spends one unit of the day's quota, given back "
        "when no reply could be written.",
        SendMessagePayload,
    )
    async def send_message(self, info: Info, input_: SendMessageInput) -> SendMessagePayload:
        place = none_if_unset(input_.conversation_id)
        exchange = await info.context.services.guidance.send(
            info.context.require_viewer_id(),
            conversation_id=None if place is None else _conversation_key(place),
            content=input_.content,
            idempotency_key=input_.idempotency_key,
            keys=ClientKeys(
                none_if_unset(input_.conversation_key), none_if_unset(input_.message_key)
            ),
        )
        return await _exchange_payload(info.context, exchange, input_.delivery)

    @mutation(
        "Have the last message of a conversation answered again. Spends a unit as `sendMessage` "
        "does; earlier replies stay, and the newest counts.",
        SendMessagePayload,
    )
    async def regenerate_reply(
        self, info: Info, input_: RegenerateReplyInput
    ) -> SendMessagePayload:
        exchange = await info.context.services.guidance.regenerate(
            info.context.require_viewer_id(),
            input_key("Message", input_.message_id, field="messageId"),
            idempotency_key=input_.idempotency_key,
        )
        return await _exchange_payload(info.context, exchange, input_.delivery)

    @mutation(
        "Stop a reply that is being written; what has arrived is kept. One that has ended stays "
        "as it is.",
        StopReplyPayload,
    )
    async def stop_reply(self, info: Info, input_: StopReplyInput) -> StopReplyPayload:
        viewer = info.context.require_viewer_id()
        key = input_key("Message", input_.message_id, field="messageId")
        await info.context.services.guidance.stop(viewer, key)
        return StopReplyPayload(reply=await _message(info.context, key))


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


def _conversation_key(text: str) -> int:
    return input_key("Conversation", text, field="conversationId")
