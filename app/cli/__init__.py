"""The `guidance` command: finds its subcommands, and reports failures in one line."""

import sys
from importlib.metadata import version

import click

from app.cli.groups import COMMANDS, CommandGroup
from app.cli.sections import SECTIONS

_NAME = "guidance"
_PACKAGE = "guidance-api"


class _Guidance(CommandGroup):
    """The group of all commands, which its help lists in sections."""

    @property
    def entry_point_group(self) -> str:
        """The commands that stand in no group."""
        return COMMANDS

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write what the command is for, and the version."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(
                f"Run and look after the guidance API, version {version(_PACKAGE)}."
            )

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the sections, without importing a command."""
        width = max(len(name) for commands in SECTIONS.values() for name in commands)
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", line) for name, line in commands.items()])


@click.group(cls=_Guidance, name=_NAME, epilog=f"`{_NAME} COMMAND --help` says more of each.")
@click.version_option(package_name=_PACKAGE)
def guidance() -> None:
    """Find the command that is asked for."""


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
        from app.cli.failures.exit_statuses import exit_status_of

        expected = exit_status_of(error)
        if expected is None:
            raise
        sys.exit(_fail(str(error), expected))
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int) -> int:
    click.echo(f"{_NAME}: {' '.join(message.split())}", err=True)
    return status
