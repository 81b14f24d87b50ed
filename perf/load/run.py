"""One run: measure each operation alone, send the whole plan, and report."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from perf.load.generator.open_loop import run_plan
from perf.load.generator.progress import Progress
from perf.load.generator.samples import PROBE, Sample
from perf.load.monitoring.resources import monitored
from perf.load.monitoring.scrape import (
    counts_between,
    growth,
    mean_use,
    method_uses,
    scrape,
    why_uncounted,
)
from perf.load.results import summary
from perf.load.results.report import Counts, LoadReport, MethodUse, ResourceUse
from perf.load.results.targets import overall_targets
from perf.load.workload.callers import Callers, CallersMissing, find_conversations, find_senders
from perf.load.workload.flow_selection import left_out, select_flows
from perf.load.workload.flows import FLOWS, Caller, Flow
from perf.load.workload.profiles import Profile
from perf.load.workload.running_server import check_callers
from perf.load.workload.schedule import PlannedRequest, schedule
from perf.servers.client import Client, client_of
from perf.servers.host import commit_of, this_host
from perf.servers.seeded import ServerUnderTest
from perf.statistics.verdicts import worst
from services.clock import system_clock

_ALONE = 5
_SENDERS = 100
Alone = dict[str, dict[str, MethodUse]]


@dataclass(frozen=True, slots=True)
class Run:
    """A profile, and the seed that decides what is sent when.

    `left_out` are the skipped documents with reasons; `planned` is the number of requests.
    """

    profile: Profile
    seed: int
    flows: Mapping[str, Flow]
    left_out: Mapping[str, str] = field(default_factory=dict)
    planned: int | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """The samples of a run, warm-up included, and what the server counted.

    `not_counted` is why there are no counts.
    """

    samples: Sequence[Sample]
    most_in_flight: int
    alone: Alone
    counts: Counts | None
    not_counted: str = ""
    spent: ResourceUse | None = None


def run_load(profile: Profile, target: ServerUnderTest, *, seed: int) -> LoadReport:
    """Run a profile against a server; raises `CallersMissing`, and `OSError` without a server.

    If interrupted (Control-C), it reports what it has measured as a run that ended early.
    """
    flows, left = select_flows(FLOWS, target), left_out(FLOWS, target)
    if not flows:
        raise CallersMissing("nothing is left to ask: every flow is left out")
    planned = schedule(profile, {name: flow.weight for name, flow in flows.items()}, seed=seed)
    callers, no_probes = callers_for(target, flows, planned)
    if no_probes is not None:
        planned = [one for one in planned if one.operation != PROBE]
        left |= {PROBE: no_probes}
    run = Run(profile, seed, flows, left, len(planned))
    started_at = system_clock()
    result = asyncio.run(_execute(run, target, callers, planned))
    return report(run, target, result, started_at)


def callers_for(
    target: ServerUnderTest, flows: Mapping[str, Flow], planned: Sequence[PlannedRequest]
) -> tuple[Callers, str | None]:
    """Callers with enough quota for the plan, and why probes cannot be sent, if they cannot."""
    sent = sum(
        flows[one.operation].caller is Caller.SENDER for one in planned if one.operation in flows
    )
    if target.is_own:
        each = sent // _SENDERS + _ALONE + 1
        senders = find_senders(target.url, target.credentials, messages=each, wanted=_SENDERS)
        conversations = find_conversations(target.url, senders) if sent else {}
        return Callers.for_flows(
            flows, target.credentials, senders, conversations=conversations
        ), None
    each = sent // max(1, len(target.credentials.people)) + _ALONE + 1 if sent else 0
    senders, no_probes = check_callers(target, messages=each)
    conversations = find_conversations(target.url, senders) if sent else {}
    callers = Callers.for_flows(
        flows, target.credentials, senders, by_id=True, conversations=conversations
    )
    return callers, no_probes


async def _execute(
    run: Run, target: ServerUnderTest, callers: Callers, planned: Sequence[PlannedRequest]
) -> RunResult:
    samples: list[Sample] = []
    alone: Alone = {}
    async with client_of(target.url) as client:
        progress = Progress(run.profile, len(planned), lambda: client.in_flight)

        def note(sample: Sample) -> None:
            samples.append(sample)
            progress.note(sample)

        try:
            alone = await measure_alone(client, callers, run.flows)
            before = await scrape(client)
            async with monitored(
                target.server_pid, target.database_pid, lambda: client.answered
            ) as watching:
                await run_plan(client, planned, callers.request, on_sample=note)
                spent = watching.spent(len(samples))
        except asyncio.CancelledError:
            # By Control-C: what was measured until then is reported.
            return RunResult(samples, client.most_in_flight, alone, None, "the run was interrupted")
        finally:
            progress.end()
        after = await scrape(client, before)
        counts, reason = counts_between(before, after), why_uncounted(before, after)
        return RunResult(samples, client.most_in_flight, alone, counts, reason, spent)


async def measure_alone(client: Client, callers: Callers, flows: Mapping[str, Flow]) -> Alone:
    """The use of the database by one request of each operation; empty without metrics.

    The caller has sent the operation before, so that caches are warm.
    """
    alone: Alone = {}
    callers = callers.alone()
    for name in flows:
        # The first request fills caches and prepares the document.
        await client.post(callers.request(PlannedRequest(0, "", name)))
        before = await scrape(client)
        for _ in range(_ALONE):
            await client.post(callers.request(PlannedRequest(0, "", name)))
        grown = growth(before, await scrape(client, before))
        if grown is not None:
            uses = method_uses(grown)
            alone[name] = {method: mean_use(use, _ALONE) for method, use in uses.items()}
    return alone


def report(
    run: Run, target: ServerUnderTest, result: RunResult, started_at: datetime
) -> LoadReport:
    """The report of a run."""
    samples = summary.without_warm_up(result.samples)
    generator = summary.generator_result(result.samples, result.most_in_flight, run.planned)
    slack_ms = summary.slack_ms(generator)
    operations = {
        name: summary.operation(
            flow,
            [one for one in samples if one.operation == name],
            result.alone.get(name, {}),
            slack_ms=slack_ms,
        )
        for name, flow in run.flows.items()
    }
    silences = summary.silences(run.flows, result.samples)
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
        counts=result.counts,
        not_counted=result.not_counted,
        left_out=dict(run.left_out),
        spent=result.spent,
        unanswered_from=summary.unanswered_from(result.samples),
        verdict=worst([*of_operations, *(one.verdict for one in targets)]),
    )
