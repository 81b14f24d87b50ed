"""`guidance db check-migrations`: whether the previous version can serve meanwhile."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from sqlalchemy.exc import DBAPIError

from db.embedded import embedded_postgres
from db.schema.revisions import SCRIPTS, revisions
from perf.chaos.upgrades.checking import (
    Report,
    Step,
    check_steps,
    check_worker,
    steps_since,
)
from perf.chaos.upgrades.previous_version import previous_version
from perf.chaos.upgrades.worker import PreviousWorker, previous_worker
from perf.servers.host import ROOT
from perf.servers.process import ServerNotStarted
from perf.servers.seeded import Version, running_model
from perf.servers.versions import VersionUnusable, fill_with, migrate_with, version_of
from perf.sweep.server import INSTANT_MODEL


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the previous version runs with, and its worker on a database of its own."""

    version: Version
    database_url: str
    model_url: str
    folder: Path
    worker: PreviousWorker


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
            with surroundings(version) as found:
                reports = asyncio.run(_reported(found, steps))
    except VersionUnusable as unusable:
        raise click.ClickException(str(unusable)) from None
    except ServerNotStarted:
        raise click.ClickException(
            f"{before} does not start by the packages of this one: install it in a folder with a "
            "`.venv`, and name that"
        ) from None
    except DBAPIError as error:
        raise click.ClickException(
            f"a migration fails on the data of {before}: {error.orig}"
        ) from None
    if wrong := sum(len(report.problems) for report in reports):
        raise click.ClickException(f"{wrong} things are wrong")
    click.echo(f"{before} serves on while the database is migrated")


@contextmanager
def surroundings(version: Version) -> Iterator[Surroundings]:
    """A database that a version migrated and filled, another for its worker, and a model.

    Raises `VersionUnusable`.
    """
    with (
        TemporaryDirectory(prefix="guidance-migrations-") as name,
        embedded_postgres(Path(name)) as url,
        running_model(INSTANT_MODEL) as model,
    ):
        folder = Path(name)
        migrate_with(version, url)
        fill_with(version, url)
        worker = previous_worker(version, url, model, folder / "worker")
        yield Surroundings(version, url, model, folder, worker)


async def _reported(found: Surroundings, steps: Sequence[Step]) -> list[Report]:
    reports = []
    url = found.database_url
    async with previous_version(found.version, url, found.model_url, found.folder) as version:
        async for report in check_steps(version, url, steps):
            longest = max(report.effects.lock_seconds.values(), default=0.0)
            click.echo(
                f"{report.revision}: {report.seconds * 1000:.0f} ms, "
                f"the longest lock {longest * 1000:.0f} ms"
            )
            reports.append(_printed(report))
    click.echo("the same beside its worker")
    async for report in check_worker(found.worker, steps):
        click.echo(f"{report.revision}: {report.seconds * 1000:.0f} ms")
        reports.append(_printed(report))
    return reports


def _printed(report: Report) -> Report:
    for problem in report.problems:
        click.echo(f"  WRONG: {problem}")
    return report
