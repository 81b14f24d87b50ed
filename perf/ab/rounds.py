"""Two servers, measured in turns: A B B A, so that what drifts hits both alike."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter

from perf.load.callers import Callers, find_senders
from perf.load.flows import Flow
from perf.load.generator import Client, client_of
from perf.load.measures import growth, method_uses, scrape
from perf.load.outcomes import Kind, outcome_of
from perf.load.own_server import Target
from perf.load.result import MethodUse
from perf.load.run import Alone, asked_alone
from perf.load.schedule import Planned
from perf.statistics.bootstrap import block_mean, round_difference

_SENDERS = 50
_SPARE = 20


class AnswerUnusable(Exception):
    """A server answered with an error or a refusal, which has no latency to compare."""


@dataclass(frozen=True, slots=True)
class Plan:
    """So many rounds of four blocks, with so many requests of each operation in a block."""

    rounds: int
    requests: int
    flows: Mapping[str, Flow]


@dataclass(slots=True)
class Arm:
    """One of the two, and what it did."""

    name: str
    client: Client
    callers: Callers
    clock: Callable[[], float]
    alone: Alone = field(default_factory=dict)
    latencies: dict[str, list[float]] = field(default_factory=dict)
    methods: dict[str, MethodUse] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """What each round says of each operation: by how much B's logarithmic mean differs."""

    a: Arm
    b: Arm
    differences: Mapping[str, list[float]]


def measure(
    a: Target,
    b: Target,
    plan: Plan,
    *,
    tell: Callable[[int], None] = lambda _: None,
    clock: Callable[[], float] = perf_counter,
) -> Measured:
    """Measure both servers by a clock; `tell` is told of each round. Raises `AnswerUnusable`."""
    callers = [_callers(target, plan) for target in (a, b)]
    return asyncio.run(_measure((a, b), callers, plan, tell, clock))


async def _measure(
    targets: tuple[Target, Target],
    callers: list[Callers],
    plan: Plan,
    tell: Callable[[int], None],
    clock: Callable[[], float],
) -> Measured:
    async with client_of(targets[0].url) as first, client_of(targets[1].url) as second:
        a, b = Arm("a", first, callers[0], clock), Arm("b", second, callers[1], clock)
        for arm in (a, b):
            arm.alone = await asked_alone(arm.client, arm.callers, plan.flows)
            await _block(arm, plan)
        before = [await scrape(arm.client) for arm in (a, b)]
        differences: dict[str, list[float]] = {name: [] for name in plan.flows}
        for number in range(plan.rounds):
            blocks = [await _block(arm, plan) for arm in (a, b, b, a)]
            for name, found in differences.items():
                one, two, three, four = (block_mean(block[name]) for block in blocks)
                found.append(round_difference((one, four), (two, three)))
            for arm, block in zip((a, b, b, a), blocks, strict=True):
                for name, latencies in block.items():
                    arm.latencies.setdefault(name, []).extend(latencies)
            tell(number + 1)
        for arm, was in zip((a, b), before, strict=True):
            grown = growth(was, await scrape(arm.client, was))
            if grown is not None:
                arm.methods = method_uses(grown)
        return Measured(a, b, differences)


async def _block(arm: Arm, plan: Plan) -> dict[str, list[float]]:
    """The seconds of each request, one after another, the operations taking turns."""
    found: dict[str, list[float]] = {name: [] for name in plan.flows}
    for _ in range(plan.requests):
        for name, latencies in found.items():
            request = arm.callers.request(Planned(0, "", name))
            started = arm.clock()
            response = await arm.client.post(request)
            latencies.append(arm.clock() - started)
            outcome = outcome_of(response.status, response.body, accepts=request.accepts)
            if outcome.kind is not Kind.OK:
                raise AnswerUnusable(f"{arm.name} answers {name} with {outcome.code}")
    return found


def _callers(target: Target, plan: Plan) -> Callers:
    # Each round has two blocks of an arm, and there is one before the first.
    sent = plan.requests * (2 * plan.rounds + 1) + _SPARE
    senders = find_senders(
        target.url, target.people, messages=sent // _SENDERS + 1, wanted=_SENDERS
    )
    return Callers.among(plan.flows, target.people, senders)
