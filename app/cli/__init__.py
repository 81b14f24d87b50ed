"""The `guidance` command: finds its subcommands, and reports failures in one line."""

import sys
from importlib.metadata import EntryPoint, entry_points

import click

from app.garbage_collection import importing

GROUP = "guidance.commands"
_NAME = "guidance"


class Commands(click.Group):
    """The commands registered as entry points, each imported when it is used.

    So the performance suite can add its own, which the application must not import.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Give the names of the commands."""
        return sorted(_registered())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and give a command; None for an unknown name."""
        entry = _registered().get(cmd_name)
        if entry is None:
            return None
        with importing():
            command: click.Command = entry.load()
        return command


@click.command(cls=Commands, name=_NAME)
def guidance() -> None:
    """Run and look after the guidance API."""


def main() -> None:
    """Run the command line; a failure is one line on standard error and a status other than 0."""
    try:
        status = guidance.main(prog_name=_NAME, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        sys.exit(_fail(error.format_message(), error.exit_code))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_fail("interrupted", 130))
    except Exception as error:
        # Imported late, as this imports the database, which the help does not need.
        from app.cli.exit_statuses import exit_status_of

        expected = exit_status_of(error)
        if expected is None:
            raise
        sys.exit(_fail(str(error), expected))
    sys.exit(status if isinstance(status, int) else 0)


def _registered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _fail(message: str, status: int) -> int:
    click.echo(f"{_NAME}: {' '.join(message.split())}", err=True)
    return status
