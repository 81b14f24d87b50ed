"""`guidance perf objectives`: generate files from the table of objectives."""

from collections.abc import Mapping
from pathlib import Path

import click
import orjson

from perf.objectives.dashboard import dashboard
from perf.objectives.openslo import slo
from perf.objectives.rules import rules
from perf.objectives.table import Table, read_table
from perf.objectives.yaml import to_yaml

TABLE = "objectives.toml"
_MADE = "# Made by `guidance perf objectives` from objectives.toml; change that instead.\n"
_SEPARATOR = "---\n"


@click.command()
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("ops"),
    show_default=True,
    help="Where objectives.toml is, and the files are written.",
)
def objectives(folder: Path) -> None:
    """Write alert rules and a dashboard from the objectives.

    The rules are for Prometheus, the dashboard for Grafana; and OpenSLO.
    """
    try:
        table = read_table(folder / TABLE)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise click.ClickException(f"{folder / TABLE} cannot be used: {error}") from None
    for name, text in files(table).items():
        (folder / name).write_text(text)
        click.echo(f"written: {folder / name}")


def files(table: Table) -> Mapping[str, str]:
    """The generated files: their texts by name."""
    documents = (to_yaml(slo(table, objective)) for objective in table.objectives)
    pretty = orjson.dumps(dashboard(table), option=orjson.OPT_INDENT_2).decode()
    return {
        "prometheus-rules.yml": f"{_MADE}{to_yaml(rules(table))}",
        "openslo.yml": f"{_MADE}{_SEPARATOR.join(documents)}",
        "grafana-dashboard.json": f"{pretty}\n",
    }
