"""Requests of many people in the mix of the load tests, built in advance."""

from collections.abc import Sequence
from random import Random
from typing import Any

import orjson

from perf.load.workload.flows import FLOWS, Caller
from perf.servers.connection import encode_post

_REQUESTS = 20_000


def mixed_requests(tokens: Sequence[str], *, seed: int = 1, changes: float = 0.0) -> list[bytes]:
    """Requests in an order that is the same for the same seed.

    All are reads, except for the share of `changes`, each of which starts a new conversation.
    """
    reads = [flow for flow in FLOWS.values() if flow.is_read and flow.caller is Caller.PERSON]
    random = Random(seed)
    chosen = random.choices(reads, [flow.weight for flow in reads], k=_REQUESTS)
    return [
        _posted(flow.name, {}, tokens[number % len(tokens)])
        if random.random() >= changes
        else _posted("StartConversation", _start(f"{seed}-{number}"), tokens[number % len(tokens)])
        for number, flow in enumerate(chosen)
    ]


# Any: variables are JSON.
def _start(key: str) -> dict[str, Any]:
    return {"input": {"title": "Overload", "idempotencyKey": f"overload-{key}"}}


def _posted(name: str, variables: dict[str, Any], token: str) -> bytes:
    body = {"documentId": f"x-guidance-{name}"} | ({"variables": variables} if variables else {})
    return encode_post("/graphql", orjson.dumps(body), authorization=f"Bearer {token}")
