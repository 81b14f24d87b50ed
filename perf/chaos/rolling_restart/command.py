"""`guidance chaos rolling-restart`: every instance is restarted while people chat and read."""

import asyncio
import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from perf.chaos.rolling_restart.trial import (
    LONGEST_UNFINISHED_SECONDS,
    STAND_IN_OPTIONS,
    Trial,
    TrialResult,
    run_trial,
)
from perf.cli import options
from perf.llm_standin.process import running_stand_in
from perf.servers.cluster.cluster import Cluster, running_cluster
from perf.servers.cluster.programs import ProgramsMissing
from perf.servers.cluster.service import ServiceFailed
from perf.servers.versions import VersionUnusable, version_of

_LEASE = "CHAT_REPLY_LEASE_SECONDS"
_LEASE_SECONDS = 5
_LAUNCHER = "from app.cli import main; main()"


@click.command("rolling-restart")
@options.number("--people", 20, "People of whom each has a reply being written at any time.")
@click.option(
    "--reads",
    type=click.FloatRange(min=1),
    default=50.0,
    show_default=True,
    help="Pages that are read in a second.",
)
@click.option(
    "--from",
    "revision",
    metavar="REV",
    help="Start with the instances of this revision or folder, and replace them by these; HAProxy "
    "is told before each is stopped.",
)
@click.option(
    "--kill", is_flag=True, help="Kill the instances (SIGKILL); requests that break do not count."
)
def rolling_restart(people: int, reads: float, revision: str | None, *, kill: bool) -> None:
    """Restart all instances, one after another.

    Behind HAProxy without retries people send messages and read the replies along, over events and
    sockets, or wait for them, a company asks too, and pages are read. Exits with 1 when a request
    failed, a reply is not complete, 30 seconds later one is still being written, a text is not what
    was read of it, or anything was not charged exactly once.
    """
    trial = Trial(
        people=people,
        reads_per_second=reads,
        is_killed=kill,
        # The versions before this one do not drain.
        is_announced=revision is not None,
    )
    if kill:
        os.environ[_LEASE] = str(_LEASE_SECONDS)
    try:
        with (
            TemporaryDirectory(prefix="guidance-restart-") as folder,
            running_stand_in(*STAND_IN_OPTIONS) as model_url,
            running_cluster(Path(folder), model_url=model_url, retries=0) as cluster,
        ):
            if revision is not None:
                _start_as(cluster, revision)
            result = asyncio.run(run_trial(trial, cluster))
    except (ProgramsMissing, ServiceFailed, VersionUnusable) as failure:
        raise click.ClickException(str(failure)) from None
    _report(trial, result)


def _start_as(cluster: Cluster, revision: str) -> None:
    """Replace the instances by those of another version, until they are started again."""
    with version_of(revision) as version:
        for one in cluster.instances:
            one.stop()
            with one.running_as(
                [version.python, "-c", _LAUNCHER], {"PYTHONPATH": str(version.tree)}
            ):
                one.start()


def _report(trial: Trial, result: TrialResult) -> None:
    seen = result.seen
    attempts = Counter(result.attempts)
    continued = sum(count for number, count in attempts.items() if number > 1)
    restarts = ", ".join(f"{seconds:.1f} s" for seconds in result.restart_seconds)
    click.echo(f"instances {'killed' if trial.is_killed else 'stopped'} and started: {restarts}")
    click.echo(f"requests: {seen.requests}, of which {len(seen.failed)} failed")
    breaks = sum(one.breaks for one in seen.followed.values())
    click.echo(
        f"replies read along: {len(seen.followed)}, over {seen.streams} streams, of which {breaks} "
        f"broke off; waited for: {len(seen.waited)}; to a company: {seen.answered_companies}"
    )
    ends = ", ".join(f"{count} {status}" for status, count in result.statuses.items())
    click.echo(f"replies: {ends}; {continued} of them by more than one process")
    click.echo(f"the last one ended {result.unfinished_seconds:.1f} s after the last restart")
    problems = list(result.problems)
    if not trial.is_killed:
        problems += [f"a request failed: {one}" for one in seen.failed]
    if not continued and not trial.is_announced:
        problems.append("no reply was handed over, so that nothing was tried")
    if result.unfinished_seconds >= LONGEST_UNFINISHED_SECONDS:
        problems.append("replies are still being written")
    for problem, count in Counter(problems).items():
        click.echo(f"WRONG ({count}): {problem}")
    if problems:
        raise click.ClickException(f"{len(problems)} things are wrong")
    held = "nothing was lost or doubled, and the ledger equals the counters"
    click.echo(held if trial.is_killed else f"no request failed, {held}")
