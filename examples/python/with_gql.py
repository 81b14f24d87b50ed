"""Sends a message over HTTP and follows the reply over a WebSocket, with the package gql.

ADDRESS and TOKEN are what `make run` prints.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

ATTEMPTS = 6
PASSING = frozenset({"OUTCOME_UNKNOWN", "OVERLOADED", "SERVICE_UNAVAILABLE", "THROTTLED"})
SEND = """
mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { reply { id } userErrors { code message } }
}
"""
FOLLOW = """
subscription ($id: ID!, $after: Int!) {
  replyStream(messageId: $id, after: $after) {
    __typename
    ... on ReplyDelta { index text }
    ... on ReplyCompleted { quota { remaining } }
    ... on ReplyFailed { error { code message } }
  }
}
"""


# Any: answers are JSON.
async def send(content: str) -> dict[str, Any]:
    """What sending a message gives; it is sent once, however often it is asked for."""
    message = {"content": content, "idempotencyKey": str(uuid4()), "delivery": "STREAM"}
    request = GraphQLRequest(SEND, variable_values={"input": message})
    http = HTTPXAsyncTransport(
        url=f"{os.environ['ADDRESS']}/graphql",
        headers={"authorization": f"Bearer {os.environ['TOKEN']}"},
    )
    async with Client(transport=http) as session:
        for attempt in range(ATTEMPTS):
            try:
                sent: dict[str, Any] = (await session.execute(request))["sendMessage"]
            except TransportError as error:
                if attempt == ATTEMPTS - 1 or not is_passing(error):
                    raise
                await asyncio.sleep(pause_seconds(http, attempt))
            else:
                break
    return sent


def is_passing(error: TransportError) -> bool:
    """Whether asking again can help; an answer with errors is one whatever its status is."""
    if isinstance(error, TransportQueryError):
        return all(one["extensions"]["code"] in PASSING for one in error.errors or ())
    return True


def pause_seconds(http: HTTPXAsyncTransport, attempt: int) -> float:
    """The seconds in `Retry-After`, and some more by chance, longer each time."""
    least = float((http.response_headers or {}).get("retry-after", 0))
    return least + random.uniform(0, 0.5 * 2**attempt)  # noqa: S311 - no secret


async def follow(reply_id: str) -> AsyncIterator[dict[str, Any]]:
    """The events of a reply, each once: what breaks is taken up behind the last piece."""
    index, attempt = 0, 0
    while True:
        try:
            async for event in events(reply_id, index):
                index, attempt = event.get("index", index), 0
                yield event
                if event["__typename"] != "ReplyDelta":
                    return
        except TransportQueryError:
            raise  # the server's own answer
        except (TransportError, OSError, EOFError):
            if attempt == ATTEMPTS:
                raise
        await asyncio.sleep(0.5 * 2**attempt)
        attempt += 1


async def events(reply_id: str, after: int) -> AsyncIterator[dict[str, Any]]:
    """The events of one connection."""
    socket = WebsocketsTransport(
        url=os.environ["ADDRESS"].replace("http", "ws", 1) + "/graphql",
        init_payload={"authorization": f"Bearer {os.environ['TOKEN']}"},
    )
    async with Client(transport=socket) as session:
        request = GraphQLRequest(FOLLOW, variable_values={"id": reply_id, "after": after})
        async for data in session.subscribe(request):
            yield data["replyStream"]


async def main() -> None:
    """Send a message and print the reply as it comes."""
    sent = await send("How do I begin?")
    if sent["userErrors"]:
        raise SystemExit(sent["userErrors"][0]["message"])
    async for event in follow(sent["reply"]["id"]):
        match event["__typename"]:
            case "ReplyDelta":
                print(event["text"], end="", flush=True)
            case "ReplyCompleted":
                print(f"\n{event['quota']['remaining']} are left.")
            case _:
                raise SystemExit(event["error"]["message"])


if __name__ == "__main__":
    if not {"ADDRESS", "TOKEN"} <= os.environ.keys():
        raise SystemExit("Set ADDRESS and TOKEN to what `make run` prints.")
    try:
        asyncio.run(main())
    except TransportQueryError as refused:
        raise SystemExit((refused.errors or [{}])[0].get("message", str(refused))) from None
    except (TransportError, OSError) as lost:
        raise SystemExit(f"{os.environ['ADDRESS']} does not answer: {lost}") from None
