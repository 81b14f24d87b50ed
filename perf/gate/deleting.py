"""Ids of what was there, and is deleted: by type, what makes and deletes one."""

from collections.abc import Awaitable, Callable, Mapping
from itertools import count

from gql.operations.budgets import trusted_documents
from perf.gate.flows import Asking
from services.principal import Principal

_keys = count(1)


async def _deleted_conversation(asking: Asking, principal: Principal) -> str:
    """An empty conversation of who asks, or of who writes, that is there no more."""
    documents = trusted_documents()
    key = {"idempotencyKey": f"gate-deleted-{next(_keys)}"}
    started = await asking.read(documents["StartConversation"], principal, {"input": key})
    id_ = str(started["conversation"]["id"])
    await asking.read(
        documents["DeleteConversation"], principal, {"input": {"conversationId": id_}}
    )
    return id_


async def _deleted_message(asking: Asking, principal: Principal) -> str:
    """A reply of which the conversation is there no more."""
    documents = trusted_documents()
    key = {"content": "How?", "idempotencyKey": f"gate-deleted-{next(_keys)}"}
    sent = await asking.read(documents["SendMessage"], principal, key)
    conversation = {"conversationId": sent["conversation"]["id"]}
    await asking.read(documents["DeleteConversation"], principal, {"input": conversation})
    return str(sent["reply"]["id"])


DELETING: Mapping[str, Callable[[Asking, Principal], Awaitable[str]]] = {
    "Conversation": _deleted_conversation,
    "Message": _deleted_message,
}
