"""`guidance usage`: the tokens that were recorded, against those that the provider counted."""

from pathlib import Path

import click

from app.cli.database import with_database
from app.cli.models.provider_report import ReportUnreadable, read_report
from app.cli.tables import table
from app.settings import Settings, load_settings
from services.generation.models.reconciliation import (
    Comparison,
    ReportedUse,
    Tokens,
    compare,
    recorded_use,
)

_HEAD = ("DAY", "MODEL", "", "PROMPT", "CACHED", "COMPLETION", "SAID NOTHING")


@click.group()
def usage() -> None:
    """Look after what language models took."""


@usage.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def reconcile(file: Path) -> None:
    """Compare the recorded tokens with the provider's.

    FILE is a page, or a list of pages, of OpenAI's usage API, by day and grouped by model. Prints
    the days that differ, and each model's sums; fails if a sum differs.
    """
    settings = load_settings()
    try:
        reported = read_report(file.read_bytes())
    except ReportUnreadable as error:
        raise click.ClickException(f"{file}: {error}") from None
    if not reported:
        raise click.ClickException(f"{file} says nothing of any model")
    comparisons = _compare(settings, reported)
    click.echo(table(_HEAD, [line for one in comparisons for line in _lines(one)]))
    different = sorted(one.model for one in comparisons if one.day is None and one.differs)
    if different:
        raise click.ClickException(f"the sums differ of {', '.join(different)}")
    click.echo("All sums are the same, to the token.")


def _compare(settings: Settings, reported: tuple[ReportedUse, ...]) -> tuple[Comparison, ...]:
    days = [one.day for one in reported]
    recorded = with_database(
        settings, lambda database: recorded_use(database, min(days), max(days))
    )
    models = settings.model_file.models if settings.model_file else ()
    names = {one.name: one.model or one.name for one in models}
    return compare(recorded, reported, names)


def _lines(one: Comparison) -> list[tuple[str, ...]]:
    head = (one.day.isoformat() if one.day else "all days", one.model)
    unreported = str(one.unreported) if one.unreported else ""
    if not one.differs:
        return [(*head, "both", *_cells(one.recorded), unreported)]
    return [
        (*head, "recorded", *_cells(one.recorded), unreported),
        ("", "", "provider", *_cells(one.reported), ""),
    ]


def _cells(tokens: Tokens) -> tuple[str, str, str]:
    return f"{tokens.prompt:,}", f"{tokens.cached:,}", f"{tokens.completion:,}"
