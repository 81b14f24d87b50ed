"""`guidance chaos`: trials of what must hold whatever dies."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import click

from app.cli.failures import failing_with
from app.settings import load_settings
from db.embedded import embedded_postgres
from db.migration import migrate
from perf import options
from perf.chaos.hostile.command import hostile
from perf.chaos.kill_replies import Outcome, Trial
from perf.chaos.kill_replies import kill_replies as hold
from perf.chaos.outages import Row, live_through
from perf.chaos.outages import outages as known_outages
from perf.chaos.overload.command import overload
from perf.chaos.people import NeverAnswered
from perf.chaos.server import ServerNotStarted
from perf.chaos.stage import staged
from perf.chaos.verdict import problems, table
from perf.llm_standin.child import running_stand_in

_MODEL = ("--port", "0", "--tokens", "20", "--tokens-per-second", "40")


@click.group()
def chaos() -> None:
    """Kill, break and attack what serves, and see whether everything holds."""


chaos.add_command(hostile)
chaos.add_command(overload)


@chaos.command("kill-replies")
@options.number("--people", 10, "People who send messages.")
@options.number("--sends", 200, "Messages that they send in all.")
@options.number(
    "--kills",
    20,
    "How often the serving process is killed (SIGKILL) and started again.",
    least=0,
)
@click.option("--seed", default=1, show_default=True, help="Decides what is sent, and the moments.")
def kill_replies(people: int, sends: int, kills: int, seed: int) -> None:
    """Kill the serving process while people send messages, and account for each of them.

    On a PostgreSQL of its own in a temporary folder, or on DATABASE_URL, which must be migrated
    and without people. Exits with 1 when anything is lost, doubled, unfinished or charged wrongly,
    or when somebody was shown what is not kept.
    """
    trial = Trial(people=people, sends=sends, kills=kills, seed=seed)
    with failing_with("the database cannot be used"), _database() as url:
        asyncio.run(_check_is_empty(url))
        try:
            with running_stand_in(*_MODEL) as model_url:
                outcome = asyncio.run(hold(trial, url, model_url))
        except* (NeverAnswered, ServerNotStarted) as failures:
            raise click.ClickException(f"the trial ended early: {failures.exceptions[0]}") from None
        except* TimeoutError:
            raise click.ClickException("replies are still being written") from None
    _report(trial, outcome)


@chaos.command("outages")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1),
    default=8.0,
    show_default=True,
    help="How long each outage lasts that lasts at all.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Play this outage, and no others.")
def outages(seconds: float, only: tuple[str, ...]) -> None:
    """Break the way to PostgreSQL, the server, and Redis, while honest clients ask.

    On a PostgreSQL of its own in a temporary folder, behind a proxy, and a Redis where there is a
    program for it. Prints what became of those who asked, and exits with 1 when anybody waited
    longer than a request may, was not told, was served too late after the end, or lost a message.
    """
    with (
        TemporaryDirectory(prefix="guidance-chaos-") as folder,
        # Durable, as one of its processes is killed: what had been committed is then looked for.
        embedded_postgres(Path(folder)) as url,
        running_stand_in(*_MODEL) as model_url,
    ):
        migrate(url)
        rows = asyncio.run(_live_through(url, Path(folder), model_url, only, seconds))
    for line in table(rows):
        click.echo(line)
    found = [problem for row in rows for problem in problems(row)]
    for problem in found:
        click.echo(f"WRONG: {problem}")
    if found:
        raise click.ClickException(f"{len(found)} things are wrong")
    click.echo("everybody was answered in time, and nothing was lost or doubled")


async def _live_through(
    url: str, folder: Path, model_url: str, only: tuple[str, ...], seconds: float
) -> list[Row]:
    async with staged(url, folder) as stage:
        known = known_outages(stage)
        if unknown := set(only) - {one.name for one in known}:
            names = ", ".join(one.name for one in known)
            raise click.BadParameter(f"{', '.join(unknown)}; known: {names}")
        wanted = [one for one in known if not only or one.name in only]
        return await live_through(stage, wanted, model_url=model_url, seconds=seconds)


def _report(trial: Trial, outcome: Outcome) -> None:
    told, found = outcome.told, outcome.found
    ends = ", ".join(f"{count} {status}" for status, count in found.statuses.items())
    click.echo(f"{trial.sends} messages of {trial.people} people, {trial.kills} kills")
    click.echo(f"requests: {told.requests}, of which {told.failed} were not answered")
    click.echo(f"replies: {ends}; the model was asked {outcome.model_calls} times")
    click.echo(
        f"replies read along: {len(told.shown)}, over server-sent events and WebSockets, "
        f"{sum(len(text) for shown in told.shown.values() for text in shown)} characters"
    )
    for problem in found.problems:
        click.echo(f"WRONG: {problem}")
    if found.problems:
        raise click.ClickException(f"{len(found.problems)} things are wrong")
    click.echo("nothing lost, nothing doubled, and the ledger equals the counters")


@contextmanager
def _database() -> Iterator[str]:
    url = load_settings().database_url
    if url is not None:
        yield url
        return
    with (
        TemporaryDirectory(prefix="guidance-chaos-") as folder,
        embedded_postgres(Path(folder), is_durable=False) as own,
    ):
        migrate(own)
        yield own


async def _check_is_empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM users)"):
            raise click.ClickException("the database is not empty: it has users")
    finally:
        await connection.close()
