"""Reading a reply along, and reading on after the last piece where its stream breaks."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

_STREAM = """subscription Read($id: ID!, $after: Int!) {
  replyStream(messageId: $id, after: $after) {
  __typename
  ... on ReplyDelta { index text }
  ... on ReplyCompleted { message { content generation { attempts } } }
  ... on ReplyFailed { message { content } error { code } } } }"""
_PROTOCOL = Subprotocol("graphql-transport-ws")
_AGAIN_SECONDS = 0.1


@dataclass(slots=True)
class Following:
    """What one reader has read of a reply, over all of its streams."""

    deltas: list[tuple[int, str]] = field(default_factory=list)
    end: dict[str, Any] | None = None  # Any: JSON
    breaks: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def has_ended(self) -> bool:
        """Whether the end was read, or reading on was refused."""
        return self.end is not None or bool(self.refused)

    @property
    def after(self) -> int:
        """The index of the last piece read."""
        return self.deltas[-1][0] if self.deltas else 0

    @property
    def text(self) -> str:
        """All that was read."""
        return "".join(text for _, text in self.deltas)

    # Any: JSON.
    def take(self, body: dict[str, Any]) -> None:
        """Note one answer of the subscription."""
        if "errors" in body:
            self.refused.append(str(body["errors"]))
            return
        event = body["data"]["replyStream"]
        if event["__typename"] == "ReplyDelta":
            self.deltas.append((event["index"], event["text"]))
        else:
            self.end = event


async def follow_over_events(
    http: httpx2.AsyncClient, headers: dict[str, str], reply_id: str, followed: Following
) -> None:
    """Read over server-sent events until the stream ends, or breaks."""
    try:
        async with http.stream(
            "POST",
            "/graphql",
            json=_after(reply_id, followed),
            headers=headers | {"accept": "text/event-stream"},
        ) as answer:
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "data" and value:
                    followed.take(orjson.loads(value))
    except httpx2.TransportError:
        pass
    await _pause(followed)


async def follow_over_socket(
    http: httpx2.AsyncClient, headers: dict[str, str], reply_id: str, followed: Following
) -> None:
    """Read over a WebSocket until the stream ends, or breaks."""
    address = f"{http.base_url}".replace("http", "ws", 1).rstrip("/") + "/graphql"
    try:
        async with connect(
            address, subprotocols=[_PROTOCOL], additional_headers=headers, compression=None
        ) as socket:
            await socket.send('{"type":"connection_init"}')
            subscribe = {"id": "1", "type": "subscribe", "payload": _after(reply_id, followed)}
            await socket.recv()
            await socket.send(orjson.dumps(subscribe).decode())
            async for text in socket:
                message = orjson.loads(text)
                if message["type"] == "next":
                    followed.take(message["payload"])
                elif message["type"] in ("complete", "error"):
                    break
    except (OSError, WebSocketException):
        pass
    await _pause(followed)


async def _pause(followed: Following) -> None:
    if not followed.has_ended:
        followed.breaks += 1
        await asyncio.sleep(_AGAIN_SECONDS)


# Any: JSON.
def _after(reply_id: str, followed: Following) -> dict[str, Any]:
    return {"query": _STREAM, "variables": {"id": reply_id, "after": followed.after}}
