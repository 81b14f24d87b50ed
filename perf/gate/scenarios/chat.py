"""How each document of conversations and messages is asked: its caller and its variables."""

from collections.abc import Mapping
from typing import Any

from app.settings.chat import STAND_IN
from perf.gate.data.callers import reader, writer
from perf.gate.execution.in_process import RunFailed
from perf.gate.scenarios.scenario import (
    Scenario,
    ScenarioContext,
    Variables,
    key,
    new_key,
    own_document,
    with_key,
)

_TEXT = "How do I begin with the garden, and what can wait until spring?"
_GATES_KEY = "the gate's"
"""What each caller's client calls a conversation and a message of the data."""
_OLDEST = """query Oldest($status: ConversationStatus) {
  viewer { conversations(last: 1, status: $status) { edges { node { id } } } }
}"""


async def _conversation(context: ScenarioContext, status: str = "ACTIVE") -> str:
    """The oldest remaining conversation of the writer."""
    viewer = await context.read(_OLDEST, writer(context.callers), {"status": status})
    return str(_one_of(viewer["conversations"])["id"])


# Any: data is JSON.
def _one_of(connection: Mapping[str, Any], place: int = 0) -> Any:
    """The node at a place of a list; raises `RunFailed` if the list is empty."""
    edges = connection["edges"]
    if not edges:
        raise RunFailed("there is nothing of what it needs")
    return edges[place]["node"]


async def _of_conversation(context: ScenarioContext) -> Variables:
    return {"conversationId": await _conversation(context)}


async def _own_conversation(context: ScenarioContext) -> Variables:
    viewer = await context.read(own_document("ConversationPage"), reader(context.callers), {})
    return {"conversationId": _one_of(viewer["conversations"])["id"]}


async def on_conversation(context: ScenarioContext) -> Variables:
    """The variables of a mutation that needs the id of a conversation alone."""
    return {"input": await _of_conversation(context)}


async def _on_archived_conversation(context: ScenarioContext) -> Variables:
    return {"input": {"conversationId": await _conversation(context, "ARCHIVED")}}


async def _renaming(context: ScenarioContext) -> Variables:
    return {"input": {"conversationId": await _conversation(context), "title": "The garden"}}


async def _sending(context: ScenarioContext) -> Variables:
    return await _of_conversation(context) | {"content": _TEXT} | key()


async def _choosing(context: ScenarioContext) -> Variables:
    return await _sending(context) | {"model": STAND_IN}


async def _complete_reply(context: ScenarioContext) -> str:
    sent = await context.data("SendMessage", **await _sending(context))
    return str(sent["reply"]["id"])


async def _regenerating(context: ScenarioContext) -> Variables:
    return {"input": {"messageId": await _complete_reply(context), "model": STAND_IN} | key()}


async def _rating(context: ScenarioContext) -> Variables:
    reply = await _complete_reply(context)
    return {"input": {"messageId": reply, "rating": "UP", "comment": "It says what to do."}}


async def _editing(context: ScenarioContext) -> Variables:
    sent = await context.data("SendMessage", **await _sending(context))
    edited = {"messageId": sent["message"]["id"], "content": _TEXT, "model": STAND_IN}
    return {"input": edited | key()}


async def _on_last_message(context: ScenarioContext) -> Variables:
    conversation = await _conversation(context)
    found = await context.data("ConversationMessages", conversationId=conversation)
    return {"input": {"messageId": _one_of(found["messages"], -1)["id"]}}


async def _own_message(context: ScenarioContext, place: int = 0) -> Variables:
    variables = await _own_conversation(context)
    found = await context.read(
        own_document("ConversationMessages"), reader(context.callers), variables
    )
    return {"messageId": _one_of(found["messages"], place)["id"]}


async def _own_reply(context: ScenarioContext) -> Variables:
    return await _own_message(context, -1)


async def _own_branch(context: ScenarioContext) -> Variables:
    message = await _own_message(context)
    return await _own_conversation(context) | {"branch": message["messageId"]}


async def _with_tag(_asking: ScenarioContext) -> Variables:
    return {"tag": "garden", "pinned": True}


async def _tagging(context: ScenarioContext) -> Variables:
    return {"input": await _of_conversation(context) | {"tags": ["garden", "spring"]}}


async def _pinning(context: ScenarioContext) -> Variables:
    return {"input": await _of_conversation(context) | {"isPinned": True}}


async def _stopping(context: ScenarioContext) -> Variables:
    return {"input": {"messageId": await _complete_reply(context)}}


async def _following(context: ScenarioContext) -> Variables:
    sent = await context.data("StreamMessage", **await _sending(context))
    return {"messageId": sent["reply"]["id"]}


async def _sending_to_chat(context: ScenarioContext) -> Variables:
    return await _sending(context) | {"messageKey": _GATES_KEY}


async def _sending_to_keyed_chat(_asking: ScenarioContext) -> Variables:
    return {"conversationKey": new_key(), "content": _TEXT, "messageKey": _GATES_KEY} | key()


async def _sending_after_reply(context: ScenarioContext) -> Variables:
    reply = await _complete_reply(context)
    return {"parentMessageId": reply, "content": _TEXT, "messageKey": _GATES_KEY} | key()


async def _editing_in_chat(context: ScenarioContext) -> Variables:
    sent = await context.data("SendMessage", **await _sending(context))
    message = {"messageId": sent["message"]["id"], "messageKey": _GATES_KEY}
    return message | {"content": _TEXT} | key()


async def _regenerating_in_chat(context: ScenarioContext) -> Variables:
    return {"messageId": await _complete_reply(context)} | key()


async def _chat(context: ScenarioContext) -> Variables:
    return {"id": (await _own_conversation(context))["conversationId"]}


async def _keyed_chat(_asking: ScenarioContext) -> Variables:
    return {"key": _GATES_KEY}


async def _chat_message(context: ScenarioContext) -> Variables:
    return await _chat(context) | {"messageKey": _GATES_KEY}


async def _keyed_chat_message(_asking: ScenarioContext) -> Variables:
    return {"key": _GATES_KEY, "messageKey": _GATES_KEY}


async def _searching(context: ScenarioContext) -> Variables:
    return await _own_conversation(context) | {"query": "smallest step", "first": 20}


CHAT: Mapping[str, Scenario] = {
    "Chat": Scenario(reader, _chat),
    "ChatMessage": Scenario(reader, _chat_message),
    "ConversationBranch": Scenario(reader, _own_branch),
    "ConversationMessages": Scenario(reader, _own_conversation),
    "ConversationPage": Scenario(reader),
    "ConversationsByTag": Scenario(reader, _with_tag),
    "ConversationsWithMessages": Scenario(reader),
    "DeleteMessage": Scenario(writer, _on_last_message),
    "EditInChat": Scenario(writer, _editing_in_chat),
    "EditMessage": Scenario(writer, _editing),
    "GiveFeedback": Scenario(writer, _rating),
    "KeyedChat": Scenario(reader, _keyed_chat),
    "KeyedChatMessage": Scenario(reader, _keyed_chat_message),
    "MessageSiblings": Scenario(reader, _own_message),
    "Models": Scenario(reader),
    "PinConversation": Scenario(writer, _pinning),
    "RatedMessages": Scenario(reader, _own_conversation),
    "RegenerateInChat": Scenario(writer, _regenerating_in_chat),
    "RegenerateReply": Scenario(writer, _regenerating),
    "RenameConversation": Scenario(writer, _renaming),
    "ReplyParts": Scenario(reader, _own_reply),
    "ReplyStream": Scenario(writer, _following),
    "SearchMessages": Scenario(reader, _searching),
    "SelectBranch": Scenario(writer, _on_last_message),
    "SendAfterReply": Scenario(writer, _sending_after_reply),
    "SendMessage": Scenario(writer, _sending),
    "SendMessageToModel": Scenario(writer, _choosing),
    "SendToChat": Scenario(writer, _sending_to_chat),
    "SendToKeyedChat": Scenario(writer, _sending_to_keyed_chat),
    "SetConversationTags": Scenario(writer, _tagging),
    "StartConversation": Scenario(writer, with_key),
    "StopReply": Scenario(writer, _stopping),
    "StreamMessage": Scenario(writer, _sending),
    "UnarchiveConversation": Scenario(writer, _on_archived_conversation),
}
