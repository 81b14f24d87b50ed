"""`guidance operations tool`: which documents agents may call, and within which budgets."""

from dataclasses import fields

import click

from app.cli.operations.client_names import ClientName
from app.cli.operations.registry import with_tools
from app.settings import load_settings
from services.documents.records import ToolLimits

_LARGEST, _LARGEST_OF_DAY = 2**31 - 1, 2**53
_UNITS = {"cost": "Units of cost", "bytes": "Bytes of answers", "ms": "Milliseconds"}


def _limits(command: click.decorators.FC) -> click.decorators.FC:
    """Add an option for each limit."""
    for one in reversed(fields(ToolLimits)):
        kind, _, period = one.name.split("_")
        most = _LARGEST if period == "call" else _LARGEST_OF_DAY
        command = click.option(
            f"--{one.name.replace('_', '-')}",
            type=click.IntRange(1, most),
            default=one.default,
            show_default=True,
            help=f"{_UNITS[kind]} a {period}.",
        )(command)
    return command


@click.command()
@click.argument("operation")
@click.option("--client", type=ClientName(allows_own=True), required=True, help="Who published it.")
@_limits
@click.option("--none", "is_none", is_flag=True, help="Make it no tool any more.")
def tool(operation: str, client: str, *, is_none: bool, **limits: int) -> None:
    """Let agents call a client's OPERATION as a tool.

    The limits hold for each person and company: for one call, and for those of a UTC day together.
    """
    what = f"{operation} of {client}"
    if is_none:
        if not with_tools(load_settings(), lambda one: one.remove(client, operation)):
            raise click.ClickException(f"{what} is no tool")
        click.echo(f"{what} is no tool any more.")
        return
    for kind in _UNITS:
        if limits[f"{kind}_per_call"] > limits[f"{kind}_per_day"]:
            raise click.ClickException(f"give --{kind}-per-day that is no less than a call's")
    with_tools(load_settings(), lambda one: one.set(client, operation, ToolLimits(**limits)))
    click.echo(f"{what} is a tool.")
