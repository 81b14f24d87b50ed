"""Servers in this process: their settings, and one request after another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from perf.servers.connection import UnexpectedAnswer, encode_post
from perf.servers.in_process import InProcessServer

ALONE = {"GRAPHQL_TRACE_SHARE": "0", "SERVE_RUNS_WORKER": "false"}
"""No traces and no background jobs beside the requests."""


async def ask(server: InProcessServer, body: bytes, token: str) -> None:
    """Send one request; raises `UnexpectedAnswer` unless it is answered with data."""
    request = encode_post(
        "/graphql", body, accept="application/json", authorization=f"Bearer {token}"
    )
    answer = await server.exchange(request)
    if not answer.startswith(b"HTTP/1.1 200 ") or b'"errors"' in answer:
        raise UnexpectedAnswer(answer)


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set variables of the environment for the block."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
