"""What becomes of messages while the model is away for a moment, with and without backoff."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from time import perf_counter
from typing import Any

import httpx2
import orjson

from perf.load.callers import find_senders
from perf.load.flows import FLOWS
from perf.load.generator import Client, Request, client_of
from perf.load.own_server import Target

OUTAGE_SECONDS = 0.15
"""For so long the model stays away after it has refused each message once."""
_PATIENCE_SECONDS = 30.0
_ASK_AGAIN_SECONDS = 0.005
MESSAGES = 3
"""In one outage: with two retries each, one fewer failure than opens the circuit breaker."""
_SPREAD_SECONDS = 0.05
_SENDERS = 50
_FLOW = FLOWS["SendMessage"]


@dataclass(slots=True)
class Outages:
    """What became of the messages of all outages, and how often the model was asked for them."""

    sent: int = 0
    answered: int = 0
    model_calls: int = 0
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Side:
    """A server, the base URL of the stand-in that is its model, and its senders."""

    target: Target
    model_url: str


def live_through(
    a: Side, b: Side, *, rounds: int, tell: Callable[[int], None] = lambda _: None
) -> tuple[Outages, Outages]:
    """Let the model be away twice a round for both, in the order A B B A."""
    wanted = rounds * 2 * MESSAGES // _SENDERS + 1
    senders: list[Iterator[str]] = [
        cycle(find_senders(one.target.url, one.target.people, messages=wanted, wanted=_SENDERS))
        for one in (a, b)
    ]
    return asyncio.run(_live_through((a, b), senders, rounds, tell))


async def _live_through(
    sides: tuple[Side, Side],
    senders: list[Iterator[str]],
    rounds: int,
    tell: Callable[[int], None],
) -> tuple[Outages, Outages]:
    random, found = Random(1), (Outages(), Outages())
    async with client_of(sides[0].target.url) as first, client_of(sides[1].target.url) as second:
        clients = (first, second)
        for number in range(rounds):
            for place in (0, 1, 1, 0):
                await _outage(
                    clients[place], senders[place], sides[place].model_url, found[place], random
                )
            tell(number + 1)
    return found


async def _outage(
    client: Client, senders: Iterator[str], model_url: str, found: Outages, random: Random
) -> None:
    delays = [random.uniform(0, _SPREAD_SECONDS) for _ in range(MESSAGES)]
    async with _control(model_url) as control:
        before = await _counts(control)
        (await control.patch("/control", json={"status": 503})).raise_for_status()
        async with asyncio.TaskGroup() as group:
            sent = [
                group.create_task(_send(client, next(senders), delay, found)) for delay in delays
            ]
            async with asyncio.timeout(_PATIENCE_SECONDS):
                refused = before["refused"] + MESSAGES
                # A breaker that opened in the last outage has messages fail before the model does.
                while (await _counts(control))["refused"] < refused and not all(  # noqa: ASYNC110 - another process counts
                    one.done() for one in sent
                ):
                    await asyncio.sleep(_ASK_AGAIN_SECONDS)
            await asyncio.sleep(OUTAGE_SECONDS)
            (await control.patch("/control", json={"status": None})).raise_for_status()
        found.model_calls += (await _counts(control))["received"] - before["received"]


async def _send(client: Client, token: str, delay: float, found: Outages) -> None:
    await asyncio.sleep(delay)
    body = {
        "query": _FLOW.document,
        "variables": _FLOW.variables(f"outage {perf_counter()} {token[-8:]}"),
    }
    started = perf_counter()
    response = await client.post(Request(orjson.dumps(body), {"authorization": f"Bearer {token}"}))
    found.sent += 1
    if _is_answered(orjson.loads(response.body)):
        found.answered += 1
        found.seconds.append(perf_counter() - started)


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
