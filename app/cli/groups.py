"""Groups of commands, each of which is imported when it is used."""

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points

import click

from app.garbage_collection import importing

COMMANDS = "guidance.commands"


class CommandGroup(click.Group):
    """A group whose commands are the entry points `guidance.commands.GROUP`.

    So the performance suite, which the application must not import, can add commands to any group.
    """

    @property
    def entry_point_group(self) -> str:
        """The name of the entry points that the commands are registered under."""
        return f"{COMMANDS}.{self.name}"

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Give the names of the commands."""
        return sorted(_entries(self.entry_point_group))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and give a command; None for an unknown name."""
        entry = _entries(self.entry_point_group).get(cmd_name)
        if entry is None:
            return None
        with importing():
            command: click.Command = entry.load()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for an unknown name, say the new one, or similar ones."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            name, known = error.command_name, registered_commands()
            renamed = name.replace("-", " ", 1)
            if renamed != name and renamed in known:
                raise click.UsageError(f"`guidance {name}` is now `guidance {renamed}`") from None
            elsewhere = [one for one in known if one.endswith(f" {name}")]
            similar = elsewhere or get_close_matches(name, self.list_commands(ctx))
            raise click.exceptions.NoSuchCommand(name, possibilities=similar, ctx=ctx) from None


def registered_commands() -> list[str]:
    """Every command as it is typed, without `guidance`: `serve`, `db`, `db migrate`."""
    groups = sorted(group for group in entry_points().groups if group.startswith(COMMANDS))
    prefixes = {group: group.removeprefix(COMMANDS).lstrip(".") for group in groups}
    return [
        f"{prefixes[group]} {name}".lstrip() for group in groups for name in sorted(_entries(group))
    ]


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=group)}
