"""What happens to messages during short outages of the model, with and without backoff."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx2
import orjson

from perf.comparisons.ab.measured_servers import AnswerUnusable
from perf.load.monitoring.exposition import total
from perf.load.monitoring.scrape import scrape
from perf.load.workload.callers import find_senders
from perf.load.workload.flows import FLOWS
from perf.servers.client import Client, Request, client_of
from perf.servers.seeded import ServerUnderTest

OUTAGE_SECONDS = (0.1, 1.0)
"""The range of the time that the model stays away after it has refused a message."""
MESSAGES_BEFORE_OUTAGE = 9
"""Messages answered before each outage, so that the circuit breaker is closed and the retries of
one message in ten stay within their budget."""
_PATIENCE_SECONDS = 30.0
_ASK_AGAIN_SECONDS = 0.005
_SENDERS = 200
_FLOW = FLOWS["SendMessage"]
_FORGONE = "guidance_generation_retries_forgone_total"


@dataclass(slots=True)
class Outages:
    """The results of messages sent during outages, and the number of calls to the model.

    `forgone` are retries that the retry budget did not allow, whatever the backoff.
    """

    sent: int = 0
    answered: int = 0
    model_calls: int = 0
    forgone: int = 0
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OutageServer:
    """A server, and the base URL of its stand-in for the model."""

    target: ServerUnderTest
    model_url: str


@dataclass(frozen=True, slots=True)
class _Arm:
    """One of the two servers during the measurement."""

    client: Client
    control: httpx2.AsyncClient
    senders: Iterator[str]
    found: Outages


def measure_outages(
    a: OutageServer, b: OutageServer, *, rounds: int, seconds: tuple[float, float] = OUTAGE_SECONDS
) -> tuple[Outages, Outages]:
    """Two outages of the model in each round for both servers, in the order A B B A.

    Both have the same lengths. Raises `AnswerUnusable` if a message fails while the model is there.
    """
    wanted = rounds * 2 * (MESSAGES_BEFORE_OUTAGE + 1) // _SENDERS + 1
    senders: list[Iterator[str]] = [
        cycle(
            find_senders(one.target.url, one.target.credentials, messages=wanted, wanted=_SENDERS)
        )
        for one in (a, b)
    ]
    random = Random(1)
    lengths = [(random.uniform(*seconds), random.uniform(*seconds)) for _ in range(rounds)]
    return asyncio.run(_measure_outages((a, b), senders, lengths))


async def _measure_outages(
    sides: tuple[OutageServer, OutageServer],
    senders: list[Iterator[str]],
    lengths: list[tuple[float, float]],
) -> tuple[Outages, Outages]:
    async with AsyncExitStack() as stack:
        a, b = [
            _Arm(
                await stack.enter_async_context(client_of(side.target.url)),
                await stack.enter_async_context(_control(side.model_url)),
                tokens,
                Outages(),
            )
            for side, tokens in zip(sides, senders, strict=True)
        ]
        before = [await _forgone(arm) for arm in (a, b)]
        for first, second in lengths:
            for arm, length in ((a, first), (b, first), (b, second), (a, second)):
                await _check_healthy(arm)
                await _outage(arm, length)
        for arm, was in zip((a, b), before, strict=True):
            arm.found.forgone = await _forgone(arm) - was
        return a.found, b.found


async def _check_healthy(arm: _Arm) -> None:
    sending = (_send_message(arm) for _ in range(MESSAGES_BEFORE_OUTAGE))
    if not all(await asyncio.gather(*sending)):
        raise AnswerUnusable("a message is not answered although the model is there")


async def _outage(arm: _Arm, length: float) -> None:
    before = await _counts(arm.control)
    (await arm.control.patch("/control", json={"status": 503})).raise_for_status()
    started = perf_counter()
    sending = asyncio.create_task(_send_message(arm))
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while (await _counts(arm.control))["refused"] == before["refused"]:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
    await asyncio.sleep(length)
    (await arm.control.patch("/control", json={"status": None})).raise_for_status()
    is_answered = await sending
    arm.found.sent += 1
    if is_answered:
        arm.found.answered += 1
        arm.found.seconds.append(perf_counter() - started)
    arm.found.model_calls += (await _counts(arm.control))["received"] - before["received"]


async def _send_message(arm: _Arm) -> bool:
    """Send a message, and return whether it was answered."""
    body = {"query": _FLOW.document, "variables": _FLOW.variables(uuid4().hex)}
    headers = {"authorization": f"Bearer {next(arm.senders)}"}
    response = await arm.client.post(Request(orjson.dumps(body), headers))
    return _is_answered(orjson.loads(response.body))


async def _forgone(arm: _Arm) -> int:
    reading = await scrape(arm.client)
    return 0 if reading is None else round(total(reading.counted, _FORGONE))


# Any: JSON.
def _is_answered(body: dict[str, Any]) -> bool:
    payload = (body.get("data") or {}).get("sendMessage") or {}
    reply = payload.get("reply") or {}
    return not payload.get("userErrors") and reply.get("status") == "COMPLETE"


@asynccontextmanager
async def _control(model_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=model_url.removesuffix("/v1")) as http:
        yield http


async def _counts(control: httpx2.AsyncClient) -> dict[str, int]:
    answer = (await control.get("/control")).raise_for_status()
    counts: dict[str, int] = answer.json()["counts"]
    return counts
