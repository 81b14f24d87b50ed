"""What the requests of a chat come to: which of our documents are run, in which order."""

from typing import Any, NamedTuple

from app.graphql.transports.chat_stream.own_documents import OwnDocuments
from app.graphql.transports.chat_stream.posted_chat import REGENERATE, PostedChat
from db.states import MessageStatus
from gql.errors import BadUserInput
from gql.values.ids import key_of


class UserErrors(Exception):
    """A mutation changed nothing; `errors` are the `userErrors` of its payload."""

    # Any: JSON.
    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["code"])
        self.errors = errors


class FollowedReply(NamedTuple):
    """A reply to be followed, and its conversation."""

    id: str
    conversation_id: str | None


async def begin_reply(documents: OwnDocuments, posted: PostedChat) -> FollowedReply:
    """Send the message of a chat, or have it answered again; raises `Refused` and `UserErrors`.

    A message follows the reply that the person sees before it: so one that was edited, or sent from
    an earlier place, becomes another branch. A message that never arrived is sent, whatever is
    asked to be done with it.
    """
    key = posted.idempotency_key()
    is_regenerated = posted.trigger == REGENERATE
    subject = posted.subject_id or (posted.message_id if is_regenerated else None)
    found = await _message_id(documents, posted, subject)
    message = {"content": posted.text, "messageKey": posted.message_id or key}
    parent = next(iter(posted.previous_ids), None)
    if is_regenerated and found is not None:
        name, variables = "RegenerateInChat", {"messageId": found}
    elif found is not None:
        name, variables = "EditInChat", message | {"messageId": found}
    elif parent is not None and is_message_id(parent):
        name, variables = "SendAfterReply", message | {"parentMessageId": parent}
    elif _is_id("Conversation", posted.id):
        name, variables = "SendToChat", message | {"conversationId": posted.id}
    else:
        name, variables = "SendToKeyedChat", message | {"conversationKey": posted.id}
    return _followed(await documents.data(name, idempotencyKey=key, **variables))


async def reply_being_written(documents: OwnDocuments, chat_id: str) -> FollowedReply | None:
    """The reply that is being written in a chat, if one is; raises `Refused`."""
    chat = await _chat(documents, chat_id, "Chat")
    last = chat and chat["lastMessage"]
    if not last or last["status"] != MessageStatus.STREAMING.name:
        return None
    return FollowedReply(last["id"], chat["id"])


async def stop_reply(documents: OwnDocuments, reply_id: str) -> None:
    """Stop a reply and wait for its end; raises `Refused` and `UserErrors`."""
    _check(await documents.data("StopReply", input={"messageId": reply_id}))


def is_message_id(id_: str | None) -> bool:
    """Whether it is the id of a message, and not a name that a client gave it."""
    return id_ is not None and _is_id("Message", id_)


async def _message_id(documents: OwnDocuments, posted: PostedChat, name: str | None) -> str | None:
    """The id of a message by its id or its client's name; None if it never arrived."""
    if name is None or _is_id("Message", name):
        return name
    chat = await _chat(documents, posted.id, "ChatMessage", messageKey=name)
    found = chat and chat["messageByKey"]
    return found["id"] if found else None


# Any: data and variables are JSON.
async def _chat(documents: OwnDocuments, chat_id: str, name: str, **variables: Any) -> Any:
    """What a document gives of a chat, or its twin for chats that a client has named."""
    if _is_id("Conversation", chat_id):
        return await documents.data(name, id=chat_id, **variables)
    viewer = await documents.data(f"Keyed{name}", key=chat_id, **variables)
    return viewer and viewer["conversationByKey"]


def _is_id(type_name: str, text: str) -> bool:
    try:
        return key_of(type_name, text) is not None
    except BadUserInput:
        return False


# Any: JSON.
def _followed(payload: Any) -> FollowedReply:
    _check(payload)
    return FollowedReply(payload["reply"]["id"], payload["conversation"]["id"])


# Any: JSON.
def _check(payload: Any) -> None:
    if payload["userErrors"]:
        raise UserErrors(payload["userErrors"])
