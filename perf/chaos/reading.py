"""Reading a reply as it is written, until its end or the end of the server."""

import httpx2
import orjson

_STREAM = """subscription Read($id: ID!) { replyStream(messageId: $id) {
  __typename ... on ReplyDelta { text } } }"""


async def read_along(http: httpx2.AsyncClient, headers: dict[str, str], reply_id: str) -> str:
    """What a person is shown of a reply over server-sent events, however that ends."""
    request = {"query": _STREAM, "variables": {"id": reply_id}}
    shown = ""
    try:
        async with http.stream(
            "POST", "/graphql", json=request, headers=headers | {"accept": "text/event-stream"}
        ) as answer:
            async for line in answer.aiter_lines():
                shown += _text_in(line)
    except httpx2.TransportError:
        pass  # it was killed
    return shown


def _text_in(line: str) -> str:
    name, _, value = line.partition(": ")
    if name != "data" or not value:
        return ""
    event = (orjson.loads(value).get("data") or {}).get("replyStream") or {}
    return str(event.get("text", ""))
