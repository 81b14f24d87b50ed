"""Two servers, asked in turns over HTTP: what each operation took, and what it asked for."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from perf.ab.turns import Block, Bounds, Listener, Silent, Turns, in_turns
from perf.load.callers import Callers, find_senders
from perf.load.flows import Flow
from perf.load.generator import Client, client_of
from perf.load.measures import growth, method_uses, scrape
from perf.load.outcomes import Kind, outcome_of
from perf.load.own_server import Target
from perf.load.result import MethodUse
from perf.load.run import Alone, asked_alone
from perf.load.schedule import Planned

_SENDERS, _MESSAGES = 50, 900
"""Who sends messages, and how many each of them may: the larger plan has a thousand a day."""


class AnswerUnusable(Exception):
    """A server answered with an error or a refusal, which has no latency to compare."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked, how often in a block, and until when."""

    flows: Mapping[str, Flow]
    bounds: Bounds
    requests: int = 1


@dataclass(slots=True)
class Arm:
    """One of the two, and what it did."""

    name: str
    client: Client
    callers: Callers
    alone: Alone = field(default_factory=dict)
    methods: dict[str, MethodUse] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """Both arms, and what each round took."""

    a: Arm
    b: Arm
    turns: Turns


def measure(
    a: Target,
    b: Target,
    plan: Plan,
    *,
    listener: Listener | None = None,
    clock: Callable[[], float] = perf_counter,
) -> Measured:
    """Measure both servers by a clock; raises `AnswerUnusable`, and `CallersMissing`."""
    senders = [
        find_senders(one.url, one.people, messages=_MESSAGES, wanted=_SENDERS) for one in (a, b)
    ]
    # Each round has two blocks of an arm, and some are sent before.
    most = _MESSAGES * min(map(len, senders)) // (2 * plan.requests) - _SENDERS
    bounds = replace(plan.bounds, most_rounds=min(plan.bounds.most_rounds, most))
    callers = [
        Callers.among(plan.flows, one.people, tokens)
        for one, tokens in zip((a, b), senders, strict=True)
    ]
    plan = replace(plan, bounds=bounds)
    return asyncio.run(_measure((a, b), callers, plan, listener or Silent(), clock))


async def _measure(
    targets: tuple[Target, Target],
    callers: Sequence[Callers],
    plan: Plan,
    listener: Listener,
    clock: Callable[[], float],
) -> Measured:
    async with client_of(targets[0].url) as first, client_of(targets[1].url) as second:
        arms = Arm("a", first, callers[0]), Arm("b", second, callers[1])

        async def ask(side: int) -> Block:
            return await _block(arms[side], plan, clock)

        for arm in arms:
            arm.alone = await asked_alone(arm.client, arm.callers, plan.flows)
            await _block(arm, plan, clock)
        before = [await scrape(arm.client) for arm in arms]
        turns = await in_turns(ask, plan.bounds, clock=clock, listener=listener)
        for arm, was in zip(arms, before, strict=True):
            grown = growth(was, await scrape(arm.client, was))
            if grown is not None:
                arm.methods = method_uses(grown)
        return Measured(*arms, turns)


async def _block(arm: Arm, plan: Plan, clock: Callable[[], float]) -> dict[str, list[float]]:
    """The seconds of each request, one after another, the operations taking turns."""
    found: dict[str, list[float]] = {name: [] for name in plan.flows}
    for _ in range(plan.requests):
        for name, latencies in found.items():
            request = arm.callers.request(Planned(0, "", name))
            started = clock()
            response = await arm.client.post(request)
            latencies.append(clock() - started)
            outcome = outcome_of(response.status, response.body, accepts=request.accepts)
            if outcome.kind is not Kind.OK:
                raise AnswerUnusable(f"{arm.name} answers {name} with {outcome.code}")
    return found
