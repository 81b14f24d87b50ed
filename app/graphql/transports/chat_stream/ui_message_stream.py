"""Frames the events of a reply as the AI SDK's UI message stream.

https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol, version 1: each event is a JSON chunk, and the
last one is `[DONE]`. A stream always begins where the reply begins: a client that resumes it builds
the message anew.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson

from app.graphql.pipeline.responses import OperationResponse
from app.http.json_encoding import encode_json
from db.states import MessageStatus

_TEXT_ID = "text"
_CUT = "The connection ends here; the reply goes on, and is resumed."
_FAILED = "The reply cannot be followed."
# Any: chunks and events are JSON.
Chunk: TypeAlias = Mapping[str, Any]


class UIMessageFraming:
    """The framing of one reply, `message_id`, in the conversation `conversation_id`."""

    fields: Mapping[str, str] = {"x-vercel-ai-ui-message-stream": "v1"}

    def __init__(self, message_id: str, conversation_id: str | None) -> None:
        self._message_id = message_id
        self._conversation_id = conversation_id
        self._has_text = False

    def begin(self) -> bytes:
        """The reply's id, which is the message's id from here on."""
        start = {"type": "start", "messageId": self._message_id}
        if self._conversation_id is None:
            return _framed(start)
        return _framed({**start, "messageMetadata": {"conversationId": self._conversation_id}})

    def event(self, answer: OperationResponse) -> bytes:
        """A piece of the text, or how the reply ended."""
        # Any: as above. The data was encoded where it was made.
        body: dict[str, Any] = orjson.loads(encode_json(answer.body))
        event = (body.get("data") or {}).get("replyStream")
        if event is None:
            return _framed(_error([*body.get("errors", ()), {"message": _FAILED}][0]))
        if event["__typename"] == "ReplyDelta":
            return self._delta(event["text"])
        if event["__typename"] == "ReplyFailed":
            return self._closed_text() + _framed(_error(event["error"]))
        is_whole = event["message"]["status"] == MessageStatus.COMPLETE.name
        return self._closed_text() + _framed(
            {"type": "finish", "finishReason": "stop" if is_whole else "other"}
        )

    def end(self) -> bytes:
        """The mark of the end."""
        return b"data: [DONE]\n\n"

    def cut(self) -> bytes:
        """An error: without one the client would take the text as it is for the whole."""
        return _framed({"type": "error", "errorText": _CUT})

    def _delta(self, text: str) -> bytes:
        started = b"" if self._has_text else _framed({"type": "text-start", "id": _TEXT_ID})
        self._has_text = True
        return started + _framed({"type": "text-delta", "id": _TEXT_ID, "delta": text})

    def _closed_text(self) -> bytes:
        return _framed({"type": "text-end", "id": _TEXT_ID}) if self._has_text else b""


def _error(error: Mapping[str, Any]) -> Chunk:
    return {"type": "error", "errorText": error["message"]}


def _framed(chunk: Chunk) -> bytes:
    return b"data: %b\n\n" % orjson.dumps(chunk)
