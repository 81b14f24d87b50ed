"""Reading what the AI SDK posts: the chat's id, and of its whole history the last message alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex
from typing import Any, Final, Literal, TypeAlias, cast

import orjson

from app.graphql.request.bad_request import BadRequest
from app.graphql.request.bounded_json import InvalidJson, bounded_json

MAX_VALUES = 100_000
"""Values in a posted history: each message of the SDK has about ten."""
LONGEST_ID = 255
SUBMIT: Final = "submit-message"
REGENERATE: Final = "regenerate-message"
Trigger: TypeAlias = Literal["submit-message", "regenerate-message"]
# Any: members are JSON of unknown shape until they are checked here.
_Members: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PostedChat:
    """What a chat asks for: its last message to be answered, or to be answered again.

    `message_id` is what the client calls that message, and `previous_ids` those before it, the
    nearest first. `subject_id` is the message that was edited, or whose reply is regenerated.
    """

    id: str
    trigger: Trigger
    text: str
    message_id: str | None = None
    previous_ids: Sequence[str] = ()
    subject_id: str | None = None

    def idempotency_key(self) -> str:
        """The same for the same message of a chat, sent again; new for all else."""
        if self.message_id is None or self.trigger == REGENERATE or self.subject_id is not None:
            return f"chat-stream:{token_hex(16)}"
        sent = [self.id, self.message_id, self.text, *self.previous_ids[:1]]
        return f"chat-stream:{sha256(orjson.dumps(sent)).hexdigest()}"


def posted_chat(body: bytes) -> PostedChat:
    """Read the body of a POST; raises `BadRequest`."""
    try:
        members = bounded_json(body, max_values=MAX_VALUES)
    except InvalidJson as error:
        raise BadRequest(400, f"The body {error}.") from None
    if not isinstance(members, dict):
        raise BadRequest(400, "The body must be a JSON object.")
    trigger = members.get("trigger", SUBMIT)
    if trigger not in (SUBMIT, REGENERATE):  # a list or an object has no hash
        raise BadRequest(400, f"`trigger` must be `{SUBMIT}` or `{REGENERATE}`.")
    history = _history(members)
    last = history[-1]
    if last.get("role", "user") != "user":
        raise BadRequest(400, "The last message must be a person's.")
    id_ = _id(members, "id")
    if id_ is None:
        raise BadRequest(400, "`id` must be the chat's id, a text.")
    return PostedChat(
        id_,
        cast("Trigger", trigger),
        _text(last),
        _id(last, "id"),
        tuple(id_ for one in reversed(history[:-1]) if (id_ := _id(one, "id")) is not None),
        _id(members, "messageId"),
    )


def _history(members: _Members) -> list[_Members]:
    """The messages in order; a client may also post `message`, the last, alone."""
    history = members.get("messages")
    if history is None and "message" in members:
        history = [members["message"]]
    if not isinstance(history, list) or not history:
        raise BadRequest(400, "`messages` must be a list that ends with the message to be sent.")
    if not all(isinstance(one, dict) for one in history):
        raise BadRequest(400, "Each of `messages` must be an object.")
    return history


def _id(members: _Members, name: str) -> str | None:
    id_ = members.get(name)
    if id_ is not None and not (isinstance(id_, str) and 1 <= len(id_) <= LONGEST_ID):
        raise BadRequest(400, f"`{name}` must be a text of 1 to {LONGEST_ID} characters.")
    return id_


def _text(message: _Members) -> str:
    parts = message.get("parts")
    if parts is None:
        parts = [{"type": "text", "text": message.get("content")}]
    if not isinstance(parts, list) or not all(_is_text(one) for one in parts):
        raise BadRequest(400, "The parts of the last message must be texts; no others are served.")
    return "".join(one["text"] for one in parts)


def _is_text(part: object) -> bool:
    is_text = isinstance(part, dict) and part.get("type") == "text"
    return is_text and isinstance(cast("_Members", part).get("text"), str)
