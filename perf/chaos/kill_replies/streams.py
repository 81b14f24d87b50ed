"""Reading the stream of a reply until it ends or the server dies."""

from typing import Any

import httpx2
import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

_STREAM = """subscription Read($id: ID!) { replyStream(messageId: $id) {
  __typename ... on ReplyDelta { text } } }"""
_PROTOCOL = Subprotocol("graphql-transport-ws")


async def read_over_events(http: httpx2.AsyncClient, headers: dict[str, str], reply_id: str) -> str:
    """The text of a reply's deltas over server-sent events, however the stream ends."""
    shown = ""
    try:
        async with http.stream(
            "POST",
            "/graphql",
            json=_following(reply_id),
            headers=headers | {"accept": "text/event-stream"},
        ) as answer:
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "data" and value:
                    shown += _text_in(orjson.loads(value))
    except httpx2.TransportError:
        pass  # the server was killed
    return shown


async def read_over_socket(http: httpx2.AsyncClient, headers: dict[str, str], reply_id: str) -> str:
    """The text of a reply's deltas over a WebSocket."""
    shown = ""
    address = f"{http.base_url}".replace("http", "ws", 1).rstrip("/") + "/graphql"
    try:
        async with connect(
            address, subprotocols=[_PROTOCOL], additional_headers=headers, compression=None
        ) as socket:
            await socket.send('{"type":"connection_init"}')
            await socket.recv()
            subscribe = {"id": "1", "type": "subscribe", "payload": _following(reply_id)}
            await socket.send(orjson.dumps(subscribe).decode())
            async for text in socket:
                message = orjson.loads(text)
                if message["type"] != "next":
                    break
                shown += _text_in(message["payload"])
    except (OSError, WebSocketException):
        pass  # the server was killed
    return shown


# Any: JSON.
def _following(reply_id: str) -> dict[str, Any]:
    return {"query": _STREAM, "variables": {"id": reply_id}}


# Any: JSON.
def _text_in(body: dict[str, Any]) -> str:
    event = (body.get("data") or {}).get("replyStream") or {}
    return str(event.get("text", ""))
