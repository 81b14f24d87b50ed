"""Measure two servers alternately over HTTP: latencies, and the database use of each operation."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from perf.comparisons.ab.interleaving import (
    Block,
    InterleavedRounds,
    ProgressListener,
    SilentListener,
    StopRule,
    measure_interleaved,
)
from perf.comparisons.ab.measured_servers import AnswerUnusable, Connector, MeasuredServer
from perf.load.monitoring.scrape import growth, method_uses, scrape
from perf.load.results.report import MethodUse
from perf.load.run import Alone

_ALONE = 3


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """Which operations are measured, how many requests are in a block, and when to stop."""

    names: Sequence[str]
    bounds: StopRule
    requests: int = 1


@dataclass(slots=True)
class Arm:
    """One of the two servers, with the database use of single requests and of the whole run."""

    name: str
    side: MeasuredServer
    alone: Alone = field(default_factory=dict)
    methods: dict[str, MethodUse] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """Both arms, the latencies of each round, and the operations that could not be compared."""

    a: Arm
    b: Arm
    interleaved: InterleavedRounds
    left_out: Mapping[str, str]


def measure(
    a: Connector,
    b: Connector,
    plan: ComparisonPlan,
    *,
    listener: ProgressListener | None = None,
    clock: Callable[[], float] = perf_counter,
) -> Measured:
    """Measure both servers; `clock` decides when the time is up. Raises `AnswerUnusable`."""
    return asyncio.run(_measure((a, b), plan, listener or SilentListener(), clock))


async def _measure(
    connectors: tuple[Connector, Connector],
    plan: ComparisonPlan,
    listener: ProgressListener,
    clock: Callable[[], float],
) -> Measured:
    async with connectors[0]() as first, connectors[1]() as second:
        arms = Arm("a", first), Arm("b", second)
        left_out = await _unusable(arms, plan.names)
        asked = replace(plan, names=[name for name in plan.names if name not in left_out])
        if not asked.names:
            raise AnswerUnusable("; ".join(left_out.values()))

        async def ask(side: int) -> Block:
            return await _block(arms[side], asked)

        for arm in arms:
            arm.alone = await _asked_alone(arm, asked.names)
        before = [await scrape(arm.side.client) for arm in arms]
        interleaved = await measure_interleaved(ask, plan.bounds, clock=clock, listener=listener)
        for arm, was in zip(arms, before, strict=True):
            grown = growth(was, await scrape(arm.side.client, was))
            if grown is not None:
                arm.methods = method_uses(grown)
        return Measured(*arms, interleaved, left_out)


async def _unusable(arms: Sequence[Arm], names: Sequence[str]) -> dict[str, str]:
    """The operations that one of the servers cannot answer, with the reason.

    Each operation is sent once to both servers, so this also warms up their caches.
    """
    reasons = {}
    for name in names:
        try:
            for arm in arms:
                await _once(arm, name)
        except AnswerUnusable as unusable:
            reasons[name] = str(unusable)
    return reasons


async def _block(arm: Arm, plan: ComparisonPlan) -> dict[str, list[float]]:
    """The latencies in seconds; requests are sent one by one, alternating between operations."""
    found: dict[str, list[float]] = {name: [] for name in plan.names}
    for _ in range(plan.requests):
        for name, latencies in found.items():
            latencies.append(await _once(arm, name))
    return found


async def _once(arm: Arm, name: str) -> float:
    try:
        return await (await arm.side.prepare(name))()
    except AnswerUnusable as unusable:
        raise AnswerUnusable(f"{arm.name}: {unusable}") from unusable


async def _asked_alone(arm: Arm, names: Sequence[str]) -> Alone:
    """The database use of a single request of each operation, without its preparation."""
    alone: Alone = {}
    client = arm.side.client
    for name in names:
        counted: list[dict[str, MethodUse]] = []
        for _ in range(_ALONE):
            once = await arm.side.prepare(name, is_traced=True)
            before = await scrape(client)
            await once()
            grown = growth(before, await scrape(client, before))
            if grown is not None:
                counted.append(method_uses(grown))
        if len(counted) == _ALONE:
            alone[name] = _mean(counted)
    return alone


def _mean(counted: Sequence[dict[str, MethodUse]]) -> dict[str, MethodUse]:
    methods = sorted({method for one in counted for method in one})
    return {
        method: MethodUse(
            **{
                name: sum(getattr(one[method], name) for one in counted if method in one) / _ALONE
                for name in MethodUse.model_fields
            }
        )
        for method in methods
    }
