"""`guidance db check-migrations`: whether the previous version can serve meanwhile."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import click

from db.embedded import embedded_postgres
from db.schema.revisions import SCRIPTS, revisions
from perf.chaos.upgrades.checking import (
    Report,
    Step,
    check_steps,
    check_worker,
    steps_since,
)
from perf.chaos.upgrades.worker import PreviousWorker, previous_worker
from perf.gate.data.callers import FEW_ROWS, TWICE_THE_ROWS
from perf.servers.host import ROOT
from perf.servers.process import ServerNotStarted
from perf.servers.seeded import Version, running_model
from perf.servers.versions import VersionUnusable, migrate_with, version_of
from perf.sweep.server import INSTANT_MODEL, SweepTarget, fill_for_sweep, gate_server


@click.command("check-migrations")
@click.option(
    "--from",
    "before",
    required=True,
    metavar="REV",
    help="The version that serves meanwhile: a revision of the repository or a folder.",
)
def check_migrations(before: str) -> None:
    """Run new migrations under the previous version.

    It reads and writes meanwhile, and its worker does its jobs, on a temporary PostgreSQL with the
    data of the performance gate. Exits with 1 if a lock that conflicts with reads or writes is
    there for longer than 100 ms, a table is rewritten, or a document, a statement or a background
    job of the previous version fails.
    """
    try:
        with version_of(before) as version:
            steps = steps_since(revisions((version.tree or ROOT) / SCRIPTS.name))
            if not steps:
                click.echo(f"{before} has all migrations already")
                return
            with serving(version) as (target, worker):
                reports = asyncio.run(_reported(target, worker, steps))
    except VersionUnusable as unusable:
        raise click.ClickException(str(unusable)) from None
    except ServerNotStarted:
        raise click.ClickException(
            f"{before} does not start by the packages of this one: install it in a folder with a "
            "`.venv`, and name that"
        ) from None
    if wrong := sum(len(report.problems) for report in reports):
        raise click.ClickException(f"{wrong} things are wrong")
    click.echo(f"{before} serves on while the database is migrated")


@contextmanager
def serving(version: Version) -> Iterator[tuple[SweepTarget, PreviousWorker]]:
    """A server of a version on a database that it migrated, with the gate's data, and its worker.

    Raises `VersionUnusable`, as where its tables cannot hold them.
    """
    with (
        TemporaryDirectory(prefix="guidance-migrations-") as folder,
        embedded_postgres(Path(folder)) as url,
        running_model(INSTANT_MODEL) as model,
    ):
        migrate_with(version, url)
        try:
            fill_for_sweep(url)
        except asyncpg.PostgresError as error:
            raise VersionUnusable(f"its schema cannot hold the data: {error}") from None
        groups = (FEW_ROWS, TWICE_THE_ROWS)
        worker = previous_worker(version, url, model, Path(folder) / "worker")
        with gate_server(url, model, groups=groups, data_dir=folder, version=version) as target:
            yield target, worker


async def _reported(
    target: SweepTarget, worker: PreviousWorker, steps: Sequence[Step]
) -> list[Report]:
    reports = []
    async for report in check_steps(target, steps):
        longest = max(report.effects.lock_seconds.values(), default=0.0)
        click.echo(
            f"{report.revision}: {report.seconds * 1000:.0f} ms, "
            f"the longest lock {longest * 1000:.0f} ms"
        )
        reports.append(_printed(report))
    click.echo("the same beside its worker")
    async for report in check_worker(worker, steps):
        click.echo(f"{report.revision}: {report.seconds * 1000:.0f} ms")
        reports.append(_printed(report))
    return reports


def _printed(report: Report) -> Report:
    for problem in report.problems:
        click.echo(f"  WRONG: {problem}")
    return report
