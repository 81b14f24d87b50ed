"""Sends a message, and follows the reply as server-sent events, with httpx2 and nothing else.

ADDRESS and TOKEN are what `make run` prints.
"""

import json
import os
import random
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2

ATTEMPTS = 6
PASSING = frozenset({408, 429, 500, 502, 503, 504})
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


class Refused(Exception):
    """The API said no; asking again would not help."""


# Any: answers are JSON.
def ask(client: httpx2.Client, document: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The data of an answer; asks again what was lost or is refused for now."""
    for attempt in range(ATTEMPTS):
        try:
            answer = client.post("/graphql", json={"query": document, "variables": variables})
        except httpx2.TransportError:
            if attempt == ATTEMPTS - 1:
                raise
            pause(attempt, 0)
            continue
        if answer.status_code not in PASSING or attempt == ATTEMPTS - 1:
            break
        pause(attempt, float(answer.headers.get("retry-after", 0)))
    return data_of(answer.json())


def data_of(body: dict[str, Any]) -> dict[str, Any]:
    """The data of a body without errors; raises `Refused`."""
    if body.get("errors"):
        raise Refused(body["errors"][0]["message"])
    data: dict[str, Any] = body["data"]
    return data


def pause(attempt: int, least_seconds: float) -> None:
    """Wait longer each time, by chance, so that not all clients come back together."""
    time.sleep(least_seconds + random.uniform(0, 0.5 * 2**attempt))  # noqa: S311 - no secret


def follow(client: httpx2.Client, reply_id: str) -> Iterator[dict[str, Any]]:
    """The events of a reply, each once: what breaks is taken up behind the last piece."""
    index, attempt = 0, 0
    while True:
        try:
            for event in events(client, reply_id, index):
                index, attempt = event.get("index", index), 0
                yield event
                if event["__typename"] != "ReplyDelta":
                    return
        except httpx2.TransportError:
            if attempt == ATTEMPTS:
                raise
        pause(attempt, 0)
        attempt += 1


def events(client: httpx2.Client, reply_id: str, after: int) -> Iterator[dict[str, Any]]:
    """The events of one connection."""
    request = {"query": FOLLOW, "variables": {"id": reply_id, "after": after}}
    headers = {"accept": "text/event-stream"}
    with client.stream("POST", "/graphql", json=request, headers=headers) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: {"):
                yield data_of(json.loads(line.removeprefix("data: ")))["replyStream"]


def main() -> None:
    """Send a message and print the reply as it comes."""
    # The server says something every 20 seconds: whoever says nothing for longer is gone.
    with httpx2.Client(
        base_url=os.environ["ADDRESS"],
        headers={"authorization": f"Bearer {os.environ['TOKEN']}"},
        timeout=45,
    ) as client:
        # The key is chosen once: however often it is sent, the message is there once.
        message = {"content": "How do I begin?", "idempotencyKey": str(uuid4())}
        sent = ask(client, SEND, {"input": message | {"delivery": "STREAM"}})["sendMessage"]
        if sent["userErrors"]:
            raise Refused(sent["userErrors"][0]["message"])
        for event in follow(client, sent["reply"]["id"]):
            match event["__typename"]:
                case "ReplyDelta":
                    print(event["text"], end="", flush=True)
                case "ReplyCompleted":
                    print(f"\n{event['quota']['remaining']} are left.")
                case _:
                    raise Refused(event["error"]["message"])


if __name__ == "__main__":
    if not {"ADDRESS", "TOKEN"} <= os.environ.keys():
        raise SystemExit("Set ADDRESS and TOKEN to what `make run` prints.")
    try:
        main()
    except Refused as refused:
        raise SystemExit(str(refused)) from None
    except httpx2.TransportError as lost:
        raise SystemExit(f"{os.environ['ADDRESS']} does not answer: {lost}") from None
