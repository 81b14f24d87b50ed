"""Honest uses that the same settings must allow: refusing everybody is no defence."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
from graphql import get_introspection_query

from gql.documents.trusted_documents import trusted_documents
from perf.chaos.hostile.attack import AttackTarget, Tally
from perf.chaos.hostile.http import connected
from perf.chaos.hostile.websocket import message, open_websocket, read_frames
from perf.servers.connection import encode_post

_STREAMS = 50
_STREAMS_SECONDS = 20.0
_LOOK_SECONDS = 0.05
_OK = 200
_BOUNDS = frozenset(
    {
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "OPERATION_LIMIT_EXCEEDED",
        "OPERATION_COST_EXCEEDED",
        "THROTTLED",
        "SERVICE_UNAVAILABLE",
        "OVERLOADED",
        "BAD_REQUEST",
        "INTERNAL_SERVER_ERROR",
    }
)
_REPLIES = """{ viewer { conversations(first: 10) { edges { node {
  messages(last: 10) { edges { node { id role } } } } } } } }"""


async def refused(target: AttackTarget) -> dict[str, str]:
    """The reason why each honest use was not served; empty if it was."""
    return {
        "GraphiQL's introspection": await _introspection(target),
        "every built-in document": await _documents(target),
        "50 conversations with 50 messages": await _page(target),
        "50 streams on one socket": await _streams(target),
    }


async def _introspection(target: AttackTarget) -> str:
    query = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    body = await _answer(target, {"query": query}, 1)
    types = (body.get("data") or {}).get("__schema", {}).get("types")
    return "" if types else _first_error(body)


async def _documents(target: AttackTarget) -> str:
    """Send each trusted document as an unknown text, without variables.

    Missing variables are reported after all limits are checked, and are not counted.
    """
    found = []
    for number, (name, document) in enumerate(trusted_documents().items(), 2):
        body = await _answer(target, {"query": f"# {target.network}\n{document.text}"}, number)
        if not _codes(body).isdisjoint(_BOUNDS):
            found.append(f"{name}: {_first_error(body)}")
    return "; ".join(found)


async def _page(target: AttackTarget) -> str:
    variables = {"first": 50, "messages": 50}
    request = {"documentId": "x-guidance-ConversationsWithMessages", "variables": variables}
    body = await _answer(target, request, 0, authorization=f"Bearer {target.token}")
    return "" if "errors" not in body else _first_error(body)


async def _streams(target: AttackTarget) -> str:
    body = await _answer(target, {"query": _REPLIES}, 0, authorization=f"Bearer {target.token}")
    (reply, *_) = (id_ for id_, role in _messages(body) if role == "ASSISTANT")
    tally = Tally()
    async with open_websocket(target, token=target.token) as wire:
        for number in range(_STREAMS):
            request = {"documentId": "x-guidance-ReplyStream", "variables": {"messageId": reply}}
            wire.writer.write(message("subscribe", id=str(number), payload=request))
        reading = asyncio.create_task(read_frames(wire, tally))
        with suppress(TimeoutError):
            async with asyncio.timeout(_STREAMS_SECONDS):
                while tally.answers["complete"] < _STREAMS and not reading.done():  # noqa: ASYNC110 - another process ends them
                    await asyncio.sleep(_LOOK_SECONDS)
        reading.cancel()
    ended = tally.answers["complete"]
    return "" if ended == _STREAMS else f"{ended} of {_STREAMS} were served: {dict(tally.answers)}"


# Any: JSON.
def _messages(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for conversation in body["data"]["viewer"]["conversations"]["edges"]:
        for edge in conversation["node"]["messages"]["edges"]:
            yield edge["node"]["id"], edge["node"]["role"]


# Any: JSON.
async def _answer(
    target: AttackTarget, request: dict[str, Any], number: int, **headers: str
) -> dict[str, Any]:
    async with connected(target, number) as wire:
        wire.writer.write(encode_post("/graphql", orjson.dumps(request), **headers))
        response = await wire.response()
    body: dict[str, Any] = orjson.loads(response.body)
    return body


# Any: JSON.
def _codes(body: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in body.get("errors", ())}


# Any: JSON.
def _first_error(body: dict[str, Any]) -> str:
    errors = body.get("errors") or [{"message": "no answer"}]
    return str(errors[0]["message"])
