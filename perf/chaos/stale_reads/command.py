"""`guidance chaos stale-reads`: with a replica, everybody sees what they have written."""

import tempfile
from collections import Counter
from pathlib import Path

import click

from perf.chaos.people_of_cluster import UnexpectedAnswer
from perf.chaos.stale_reads.people import Pairs
from perf.chaos.stale_reads.trial import StaleReadsPlan, StaleReadsResult, run_trial
from perf.cli import options
from perf.llm_standin.process import running_stand_in
from perf.servers.cluster.cluster import running_cluster
from perf.servers.cluster.programs import ProgramsMissing
from perf.servers.cluster.service import ServiceFailed

LEAST_REPLICA_SHARE = 0.8
LEAST_RELIEF = 1.5


@click.command("stale-reads")
@options.number("--pairs", 10_000, "Writes that are read at once, while the replica is 2 s behind.")
@options.number("--close-pairs", 2_000, "The same, while the replica follows as it can.")
@options.number(
    "--requests",
    4_000,
    "Requests, nine of ten reads, whose processor time in PostgreSQL is compared.",
)
def stale_reads(pairs: int, close_pairs: int, requests: int) -> None:
    """Write, and read at another instance, beside a replica.

    On a cluster of its own, as `guidance cluster up` runs it. Exits with 1 if a read is stale, if
    the replica answers less than 80% of the reads while it follows closely, or if it
    takes too little from the primary: that must carry 1.5 times as much as without it.
    """
    plan = StaleReadsPlan(pairs, close_pairs, requests, delay_seconds=2)
    with (
        tempfile.TemporaryDirectory(prefix="guidance-stale-reads-") as folder,
        running_stand_in("--port", "0") as model_url,
    ):
        try:
            with running_cluster(Path(folder), model_url=model_url) as cluster:
                result = run_trial(plan, cluster)
        except* (ProgramsMissing, ServiceFailed, UnexpectedAnswer) as failures:
            raise click.ClickException(str(failures.exceptions[0])) from None
    _report(result)
    if missed := _missed(result):
        raise click.ClickException("; ".join(missed))


def _report(result: StaleReadsResult) -> None:
    _describe("2 s behind", result.delayed, result.delayed_sources)
    _describe("following closely", result.close, result.close_sources)
    click.echo(
        f"nine reads and a write: the primary carries {result.relief:.2f} times as much as alone"
    )


def _describe(how: str, pairs: Pairs, sources: Counter[str]) -> None:
    shares = ", ".join(
        f"{source} {count / sources.total():.1%}" for source, count in sources.most_common()
    )
    click.echo(f"replica {how}: {pairs.done} pairs, {pairs.stale} stale; reads: {shares}")


def _missed(result: StaleReadsResult) -> list[str]:
    stale = result.delayed.stale + result.close.stale
    limits = (
        (stale > 0, f"{stale} reads were stale"),
        (
            result.replica_share < LEAST_REPLICA_SHARE,
            f"the replica answered {result.replica_share:.0%} of the reads",
        ),
        (result.relief < LEAST_RELIEF, f"the primary carries {result.relief:.2f} times as much"),
    )
    return [said for is_missed, said in limits if is_missed]
