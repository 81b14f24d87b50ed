"""Time to the first delta of a reply: the model alone, through a bare relay, and through us."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import median, quantiles

from perf.benchmarks.harness.replies import ChatUser, model_reply

QUESTION = "What should I do first when I have too much to do?"
_WARM_UP = 5
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class FirstDeltas:
    """Seconds to the first delta, by who delivered it."""

    model: list[float]
    relay: list[float]
    ours: list[float]


@dataclass(frozen=True, slots=True)
class AddedSeconds:
    """Seconds in addition to the model's own."""

    median: float
    p95: float


def added_seconds(taken: Sequence[float], own: Sequence[float]) -> AddedSeconds:
    """By how much `taken` exceed the median of the model's `own` times."""
    usual = median(own)
    over = [seconds - usual for seconds in taken]
    return AddedSeconds(median(over), quantiles(over, n=_PERCENT)[94])


def first_deltas(
    *, model_port: int, relay_port: int, port: int, people: Sequence[ChatUser], samples: int
) -> FirstDeltas:
    """Ask the three in turn, one request at a time; people continue their conversations.

    Raises `UnexpectedAnswer`.
    """
    return asyncio.run(_first_deltas(model_port, relay_port, port, people, samples))


async def _first_deltas(
    model_port: int, relay_port: int, port: int, people: Sequence[ChatUser], samples: int
) -> FirstDeltas:
    turns = cycle(people)
    taken = FirstDeltas([], [], [])
    for _ in range(_WARM_UP + samples):
        taken.model.append((await model_reply(model_port, QUESTION)).first_seconds)
        taken.relay.append((await model_reply(relay_port, QUESTION)).first_seconds)
        taken.ours.append((await next(turns).ask(port, QUESTION)).first_seconds)
    return FirstDeltas(taken.model[_WARM_UP:], taken.relay[_WARM_UP:], taken.ours[_WARM_UP:])
