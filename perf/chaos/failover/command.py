"""`guidance chaos failover`: PostgreSQL and Redis move to their replicas while people write."""

import asyncio
import tempfile
from pathlib import Path

import click

from perf.chaos.database import STAND_IN_OPTIONS
from perf.chaos.failover.trial import FailoverPlan, FailoverResult, run_trial
from perf.chaos.people_of_cluster import UnexpectedAnswer
from perf.cli import options
from perf.llm_standin.process import running_stand_in
from perf.servers.cluster.cluster import RedisTopology, running_cluster
from perf.servers.cluster.programs import ProgramsMissing
from perf.servers.cluster.service import ServiceFailed

MOST_SECONDS_AFTER_PROMOTION = 10.0
MOST_SECONDS_WITHOUT_REDIS = 2.0


@click.command("failover")
@options.number("--seconds", 5, "How long people write before and after each failure.")
@click.option(
    "--redis",
    type=click.Choice([one.value for one in RedisTopology]),
    default=RedisTopology.SENTINEL.value,
    show_default=True,
    help="Whether Sentinels say who takes over for Redis, or it is a cluster of three primaries.",
)
def failover(seconds: int, redis: str) -> None:
    """Kill PostgreSQL and Redis while people write.

    On a cluster of its own, as `guidance cluster up` runs it. Exits with 1 if a write that was
    acknowledged is lost, anything is stored twice or charged wrongly, writes do not succeed again
    within ten seconds of the promotion, or the loss of Redis stops them.
    """
    plan = FailoverPlan(seconds, promoted_after_seconds=1)
    with (
        tempfile.TemporaryDirectory(prefix="guidance-failover-") as folder,
        running_stand_in(*STAND_IN_OPTIONS) as model_url,
    ):
        try:
            with running_cluster(
                Path(folder), model_url=model_url, redis=RedisTopology(redis)
            ) as cluster:
                result = asyncio.run(run_trial(plan, cluster))
        except* (ProgramsMissing, ServiceFailed, UnexpectedAnswer) as failures:
            raise click.ClickException(str(failures.exceptions[0])) from None
    _report(result)
    if missed := _missed(result):
        raise click.ClickException("; ".join(missed))


def _report(result: FailoverResult) -> None:
    written = result.written
    failures = ", ".join(f"{count} {name}" for name, count in written.failures.most_common())
    click.echo(
        f"{len(written.titles)} conversations and {len(written.messages)} messages acknowledged, "
        f"{result.lost} lost, {result.doubled} stored twice\n"
        f"attempts that were not answered, and sent again: {failures or 'none'}\n"
        f"first write {result.seconds_after_promotion:.1f} s after the promotion\n"
        f"longest pause without Redis {result.longest_pause_of_redis:.1f} s\n"
        f"{result.unfinished} replies unfinished, {result.wrong_counters} counters wrong"
    )


def _missed(result: FailoverResult) -> list[str]:
    late = result.seconds_after_promotion > MOST_SECONDS_AFTER_PROMOTION
    stopped = result.longest_pause_of_redis > MOST_SECONDS_WITHOUT_REDIS
    limits = (
        (result.lost, f"{result.lost} acknowledged writes are lost"),
        (result.doubled, f"{result.doubled} are stored twice"),
        (result.wrong_counters, f"{result.wrong_counters} counters are wrong"),
        (result.unfinished, f"{result.unfinished} replies are still being written"),
        (late, f"the first write came {result.seconds_after_promotion:.1f} s after the promotion"),
        (stopped, f"without Redis nobody wrote for {result.longest_pause_of_redis:.1f} s"),
    )
    return [said for is_missed, said in limits if is_missed]
