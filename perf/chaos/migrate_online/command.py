"""`guidance chaos migrate-online`: nothing is lost or blocked while a database is migrated."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.cli.failures.database_failures import reporting_database_failures
from db.embedded import embedded_postgres
from db.schema.migration import HEAD, migrate
from perf.chaos.migrate_online.people import Crowd
from perf.chaos.migrate_online.trial import Found, Trial, run_trial
from perf.cli import options


@click.command("migrate-online")
@options.number("--messages", 2_000_000, "Messages that are there before.", least=100)
@options.number("--kills", 10, "How often what migrates is killed (SIGKILL).", least=0)
@options.number("--writers", 4, "People who write meanwhile.")
@click.option(
    "--from",
    "before",
    default=HEAD,
    show_default=True,
    metavar="REVISION",
    help="Begin at an earlier revision, and go to the newest, instead of into partitions.",
)
@options.number("--partitions", 16, "Into how many partitions the tables go.")
@click.option(
    "--kill-within",
    type=click.FloatRange(0.1),
    default=20.0,
    show_default=True,
    help="Seconds of work before it is killed, at most.",
)
@click.option("--seed", default=1, show_default=True, help="Decides who writes what, and when.")
def migrate_online(
    messages: int,
    kills: int,
    writers: int,
    before: str,
    partitions: int,
    kill_within: float,
    seed: int,
) -> None:
    """Migrate under load, and kill what migrates.

    Into partitions, or from an earlier revision to the newest. On a PostgreSQL of its own. People
    write meanwhile, as the version before does, and read pages. Exits with 1 when anything of
    theirs or of others' is lost, comes back, or fails, when a lock takes longer than 100 ms, or the
    95th percentile of a page more than 1.5 times what it took before.
    """
    arguments = ("--partitions", str(partitions)) if before == HEAD else ()
    before_seconds = max(3.0, 1.5 * kill_within)
    trial = Trial(Crowd(messages, writers), arguments, kills, kill_within, before_seconds, seed)
    with reporting_database_failures("the database cannot be used"), _database(before) as url:
        found = asyncio.run(run_trial(trial, url))
    _report(trial, found)


@contextmanager
def _database(revision: str) -> Iterator[str]:
    with (
        TemporaryDirectory(prefix="guidance-online-") as folder,
        embedded_postgres(Path(folder), is_durable=False) as url,
    ):
        migrate(url, revision=revision)
        yield url


def _report(trial: Trial, found: Found) -> None:
    click.echo(
        f"{trial.crowd.messages:,} messages in {found.seconds:.0f} s, killed {found.killed} times, "
        f"beside {found.writes:,} writes and {found.pages:,} pages"
    )
    click.echo(
        f"the longest lock {found.longest_lock * 1000:.0f} ms ({found.locked}), the longest wait "
        f"{found.longest_wait * 1000:.0f} ms; p95 of a page {found.before * 1000:.2f} ms before, "
        f"{found.during * 1000:.2f} ms during it"
    )
    wrong = (*found.problems, *found.missed)
    for one in wrong:
        click.echo(f"WRONG: {one}")
    if wrong:
        raise click.ClickException(f"{len(wrong)} things are wrong")
    click.echo("nothing is lost, and nobody had to wait")
