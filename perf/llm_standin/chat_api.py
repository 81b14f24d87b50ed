"""The JSON of the OpenAI chat API: parsing requests, and encoding replies and errors."""

from dataclasses import dataclass
from time import time
from typing import Any

import orjson

MODEL = "stand-in"
DONE = b"data: [DONE]\n\n"
FAILURE = "The stand-in was told to fail."
MALFORMED = b"data: {this is no JSON\n\n"
_BEGINNING = {"role": "assistant", "content": ""}


class InvalidChatRequest(Exception):
    """The body is not a request of the chat API; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A client's request."""

    model: str
    messages: tuple[dict[str, str], ...]
    is_streamed: bool
    wants_usage: bool
    traceparent: str | None = None
    """The client's span, as its header field names it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Numbers of prompt and completion tokens."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None

    def as_json(self) -> dict[str, object]:
        """The object in the API's format."""
        total = self.prompt_tokens + self.completion_tokens
        usage: dict[str, object] = {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": total,
        }
        if self.cached_tokens is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": self.cached_tokens}
        if self.reasoning_tokens is not None:
            usage["completion_tokens_details"] = {"reasoning_tokens": self.reasoning_tokens}
        return usage


def parse_request(body: bytes) -> ChatRequest:
    """Parse a request; raises `InvalidChatRequest`."""
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidChatRequest("the body is not JSON") from None
    if not isinstance(request, dict) or not isinstance(request.get("model"), str):
        raise InvalidChatRequest("there is no model")
    options = request.get("stream_options")
    return ChatRequest(
        model=request["model"],
        messages=_messages(request.get("messages")),
        is_streamed=request.get("stream") is True,
        wants_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def chunk(
    reply_id: str,
    *,
    content: str | None = None,
    finish: str | None = None,
    usage: Usage | None = None,
) -> bytes:
    """One event of a streamed reply: a piece of text (empty at first), finish reason, or usage."""
    delta = _BEGINNING if content == "" else {} if content is None else {"content": content}
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    body = _head(reply_id, "chat.completion.chunk") | {
        "choices": [] if usage else choices,
        "usage": usage.as_json() if usage else None,
    }
    return b"data: " + orjson.dumps(body) + b"\n\n"


def completion(reply_id: str, content: str, finish: str, usage: Usage) -> bytes:
    """The body of a complete reply."""
    message = {"role": "assistant", "content": content}
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    head = _head(reply_id, "chat.completion")
    return orjson.dumps(head | {"choices": choices, "usage": usage.as_json()})


def error(message: str, code: str | None = None) -> bytes:
    """The body of an error."""
    described = {"message": message, "type": "stand_in", "param": None, "code": code}
    return orjson.dumps({"error": described})


def _head(reply_id: str, kind: str) -> dict[str, object]:
    return {"id": reply_id, "object": kind, "created": int(time()), "model": MODEL}


# Any: the request came from outside.
def _messages(given: Any) -> tuple[dict[str, str], ...]:
    if not isinstance(given, list) or not given:
        raise InvalidChatRequest("there are no messages")
    for message in given:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise InvalidChatRequest("a message has no role")
        if not isinstance(message.get("content"), str):
            raise InvalidChatRequest("a message has no text")
    return tuple({"role": one["role"], "content": one["content"]} for one in given)
