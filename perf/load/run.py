"""One run: learn what each operation asks of the database, send everything, report."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from perf.load import summary
from perf.load.callers import Callers, find_senders
from perf.load.flows import FLOWS, Caller, Flow
from perf.load.generator import Client, client_of, run_plan
from perf.load.host import commit_of, this_host
from perf.load.measures import counts_between, growth, method_uses, scrape, share_of
from perf.load.own_server import Target
from perf.load.profiles import Profile
from perf.load.progress import Progress
from perf.load.result import Counts, LoadReport, MethodUse
from perf.load.samples import Sample
from perf.load.schedule import Planned, schedule
from perf.load.targets import overall_targets
from perf.statistics.verdicts import worst
from services.clock import system_clock

_ALONE = 5
_SENDERS = 100
Alone = dict[str, dict[str, MethodUse]]


@dataclass(frozen=True, slots=True)
class Run:
    """What is run: a profile, with the seed that decides what is sent when."""

    profile: Profile
    seed: int
    flows: Mapping[str, Flow]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run has seen: its samples, warm-up included, and what the server counted."""

    samples: Sequence[Sample]
    most_in_flight: int
    alone: Alone
    counts: Counts | None


def run_load(profile: Profile, target: Target, *, seed: int) -> LoadReport:
    """Run a profile against a server; raises `CallersMissing`, and `OSError` where none is."""
    flows = flows_for(target)
    run = Run(profile, seed, flows)
    planned = schedule(profile, {name: flow.weight for name, flow in flows.items()}, seed=seed)
    callers = callers_for(target, flows, planned)
    started_at = system_clock()
    seen = asyncio.run(_seen(run, target, callers, planned))
    return report(run, target, seen, started_at)


def flows_for(target: Target) -> Mapping[str, Flow]:
    """The flows that can be run: without a key none of a company."""
    has_key = target.people.api_key is not None
    return {
        name: flow for name, flow in FLOWS.items() if has_key or flow.caller is not Caller.COMPANY
    }


def callers_for(target: Target, flows: Mapping[str, Flow], planned: Sequence[Planned]) -> Callers:
    """Who sends it; those who send messages have quota enough."""
    sent = sum(
        flows[one.operation].caller is Caller.SENDER for one in planned if one.operation in flows
    )
    each = sent // _SENDERS + _ALONE + 1
    senders = find_senders(target.url, target.people, messages=each, wanted=_SENDERS)
    return Callers.among(flows, target.people, senders)


async def _seen(run: Run, target: Target, callers: Callers, planned: Sequence[Planned]) -> Seen:
    async with client_of(target.url) as client:
        alone = await asked_alone(client, callers, run.flows)
        before = await scrape(client)
        progress = Progress(run.profile, len(planned), lambda: client.in_flight)
        try:
            samples = await run_plan(client, planned, callers.request, tell=progress.tell)
        finally:
            progress.end()
        counts = counts_between(before, await scrape(client, before))
        return Seen(samples, client.most_in_flight, alone, counts)


async def asked_alone(client: Client, callers: Callers, flows: Mapping[str, Flow]) -> Alone:
    """What one request of each operation asks of the database; nothing where no metrics are.

    Of somebody who has asked before, so that what is kept of them is there.
    """
    alone: Alone = {}
    callers = callers.alone()
    for name in flows:
        # The first fills caches and prepares the document.
        await client.post(callers.request(Planned(0, "", name)))
        before = await scrape(client)
        for _ in range(_ALONE):
            await client.post(callers.request(Planned(0, "", name)))
        grown = growth(before, await scrape(client, before))
        if grown is not None:
            uses = method_uses(grown)
            alone[name] = {method: share_of(use, _ALONE) for method, use in uses.items()}
    return alone


def report(run: Run, target: Target, seen: Seen, started_at: datetime) -> LoadReport:
    """What is written."""
    samples = summary.counted(seen.samples)
    generator = summary.generator_result(seen.samples, seen.most_in_flight)
    slack_ms = summary.slack_ms(generator)
    operations = {
        name: summary.operation(
            flow,
            [one for one in samples if one.operation == name],
            seen.alone.get(name, {}),
            slack_ms=slack_ms,
        )
        for name, flow in run.flows.items()
    }
    silences = summary.silences(run.flows, seen.samples)
    targets = overall_targets(operations, samples, silences, slack_ms=slack_ms)
    of_operations = (one.verdict for each in operations.values() for one in each.targets)
    return LoadReport(
        commit=commit_of(),
        started_at=started_at,
        profile=run.profile.name,
        seed=run.seed,
        seconds=run.profile.seconds,
        host=this_host(),
        data=target.data,
        model=target.model,
        mix={name: flow.weight for name, flow in run.flows.items()},
        generator=generator,
        operations=operations,
        stages=summary.stage_results(run.profile, run.flows, samples),
        silences=silences,
        targets=targets,
        counts=seen.counts,
        verdict=worst([*of_operations, *(one.verdict for one in targets)]),
    )
