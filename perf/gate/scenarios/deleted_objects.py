"""Ids of deleted objects: by type, a function that creates and deletes one."""

from collections.abc import Awaitable, Callable, Mapping

from perf.gate.scenarios.scenario import ScenarioContext, new_key, own_document
from services.callers.principal import Principal


async def _deleted_conversation(context: ScenarioContext, principal: Principal) -> str:
    """The id of a deleted, empty conversation of the caller."""
    key = {"idempotencyKey": new_key()}
    started = await context.read(own_document("StartConversation"), principal, {"input": key})
    id_ = str(started["conversation"]["id"])
    await context.read(
        own_document("DeleteConversation"), principal, {"input": {"conversationId": id_}}
    )
    return id_


async def _deleted_message(context: ScenarioContext, principal: Principal) -> str:
    """The id of a reply in a deleted conversation."""
    key = {"content": "How?", "idempotencyKey": new_key()}
    sent = await context.read(own_document("SendMessage"), principal, key)
    conversation = {"conversationId": sent["conversation"]["id"]}
    await context.read(own_document("DeleteConversation"), principal, {"input": conversation})
    return str(sent["reply"]["id"])


DELETING: Mapping[str, Callable[[ScenarioContext, Principal], Awaitable[str]]] = {
    "Conversation": _deleted_conversation,
    "Message": _deleted_message,
}
