"""Mutations of conversations."""

import strawberry

from gql.context import Info
from gql.resolvers.mutation_field import input_key, mutation, none_if_unset
from gql.schema.chat.inputs import (
    ConversationInput,
    PinConversationInput,
    RenameConversationInput,
    SetConversationTagsInput,
    StartConversationInput,
)
from gql.schema.chat.payloads import (
    ConversationPayload,
    DeleteConversationPayload,
    StartConversationPayload,
)
from gql.values.ids import global_id


@strawberry.type
class ConversationMutations:
    """The part of the mutation root for conversations."""

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
        viewer, key = info.context.require_viewer_id(), conversation_key(input_.conversation_id)
        row = await info.context.services.conversations.rename(viewer, key, input_.title)
        return ConversationPayload(conversation=row)

    @mutation("Put a conversation into the archive; nothing of it is deleted.", ConversationPayload)
    async def archive_conversation(
        self, info: Info, input_: ConversationInput
    ) -> ConversationPayload:
        viewer, key = info.context.require_viewer_id(), conversation_key(input_.conversation_id)
        row = await info.context.services.conversations.archive(viewer, key)
        return ConversationPayload(conversation=row)

    @mutation(
        "Take a conversation out of the archive; sending a message there does it too.",
        ConversationPayload,
    )
    async def unarchive_conversation(
        self, info: Info, input_: ConversationInput
    ) -> ConversationPayload:
        viewer, key = info.context.require_viewer_id(), conversation_key(input_.conversation_id)
        row = await info.context.services.conversations.unarchive(viewer, key)
        return ConversationPayload(conversation=row)

    @mutation("Pin a conversation, or no longer.", ConversationPayload)
    async def pin_conversation(
        self, info: Info, input_: PinConversationInput
    ) -> ConversationPayload:
        viewer, key = info.context.require_viewer_id(), conversation_key(input_.conversation_id)
        row = await info.context.services.conversations.pin(viewer, key, is_pinned=input_.is_pinned)
        return ConversationPayload(conversation=row)

    @mutation(
        "Replaces the set: at most 20 tags of 1 to 40 characters.",
        ConversationPayload,
    )
    async def set_conversation_tags(
        self, info: Info, input_: SetConversationTagsInput
    ) -> ConversationPayload:
        viewer, key = info.context.require_viewer_id(), conversation_key(input_.conversation_id)
        row = await info.context.services.conversations.set_tags(viewer, key, input_.tags)
        return ConversationPayload(conversation=row)

    @mutation(
        "Delete a conversation with its messages, for good. A reply that is being written is "
        "given up, and costs nothing.",
        DeleteConversationPayload,
    )
    async def delete_conversation(
        self, info: Info, input_: ConversationInput
    ) -> DeleteConversationPayload:
        viewer, key = info.context.require_viewer_id(), conversation_key(input_.conversation_id)
        await info.context.services.conversations.delete(viewer, key)
        return DeleteConversationPayload(deleted_conversation_id=global_id("Conversation", key))


def conversation_key(text: str) -> int:
    """The id of the conversation's row; raises `NotFound`."""
    return input_key("Conversation", text, field="conversationId")
