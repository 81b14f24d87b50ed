"""`guidance chaos outages`: PostgreSQL, Redis and the paths to them fail while clients ask."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from db.embedded import embedded_postgres
from db.schema.migration import migrate
from perf.chaos.database import STAND_IN_OPTIONS
from perf.chaos.outages.backing_services import run_backing_services
from perf.chaos.outages.scenarios import OutageResult, play_outages
from perf.chaos.outages.scenarios import outages as known_outages
from perf.chaos.outages.verdict import problems, table
from perf.llm_standin.process import running_stand_in


@click.command("outages")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1),
    default=8.0,
    show_default=True,
    help="How long each outage lasts that lasts at all.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Play this outage, and no others.")
def outages(seconds: float, only: tuple[str, ...]) -> None:
    """Break the way to PostgreSQL, to Redis, and the server.

    Honest clients ask meanwhile. On a PostgreSQL of its own in a temporary folder, behind a proxy,
    and on a Redis if one is installed. Prints how requests were answered, and exits with 1 when one
    took longer than a request may, was refused without Retry-After, when service resumed too late,
    or when a message was lost.
    """
    with (
        TemporaryDirectory(prefix="guidance-chaos-") as folder,
        # Durable: one of its processes is killed, and what it committed must still be there.
        embedded_postgres(Path(folder)) as url,
        running_stand_in(*STAND_IN_OPTIONS) as model_url,
    ):
        migrate(url)
        rows = asyncio.run(_play_outages(url, Path(folder), model_url, only, seconds))
    for line in table(rows):
        click.echo(line)
    found = [problem for row in rows for problem in problems(row)]
    for problem in found:
        click.echo(f"WRONG: {problem}")
    if found:
        raise click.ClickException(f"{len(found)} things are wrong")
    click.echo("everybody was answered in time, and nothing was lost or doubled")


async def _play_outages(
    url: str, folder: Path, model_url: str, only: tuple[str, ...], seconds: float
) -> list[OutageResult]:
    async with run_backing_services(url, folder) as stage:
        known = known_outages(stage)
        if unknown := set(only) - {one.name for one in known}:
            names = ", ".join(one.name for one in known)
            raise click.BadParameter(f"{', '.join(unknown)}; known: {names}")
        wanted = [one for one in known if not only or one.name in only]
        return await play_outages(stage, wanted, model_url=model_url, seconds=seconds)
