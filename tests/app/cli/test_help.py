"""What the help says, and that it names what there is."""

from importlib.metadata import entry_points, version

import click
import pytest
from click.testing import CliRunner

from app.cli import guidance
from app.cli.groups import COMMANDS, CommandGroup, registered_commands
from app.cli.sections import SECTIONS, SHORT_FORMS


def said(*arguments: str) -> str:
    """What a command prints, 80 columns wide."""
    ran = CliRunner().invoke(guidance, arguments, terminal_width=80)
    assert ran.exit_code == 0
    return ran.stdout


@pytest.mark.parametrize("command", ["", *registered_commands()])
def test_every_command_has_help(command: str) -> None:
    assert said(*command.split(), "--help").startswith("Usage: ")


def test_the_sections_name_every_command() -> None:
    """A new command has a line in one section of `app/cli/sections.py`."""
    named = [name for commands in SECTIONS.values() for name in commands]
    registered = {entry.name for entry in entry_points(group=COMMANDS)}
    assert sorted(named) == sorted(registered - SHORT_FORMS)


def test_the_help_has_a_line_for_each_command_and_the_version() -> None:
    lines = said("--help").splitlines()
    assert all(len(line) <= 80 for line in lines)
    for title, commands in SECTIONS.items():
        assert f"{title}:" in lines
        for name, line in commands.items():
            assert [name, *line.split()] in [words.split() for words in lines]
    number = version("guidance-api")
    assert any(number in line for line in lines)
    assert said("--version") == f"guidance, version {number}\n"


@pytest.mark.parametrize(
    "group", ["db", "perf", "bench", "chaos", "operations", "privacy", "billing", "models", "usage"]
)
def test_a_group_says_what_each_command_is_for_in_one_line(group: str) -> None:
    command = guidance.get_command(click.Context(guidance), group)
    assert isinstance(command, click.Group)
    assert "..." not in said(group, "--help").partition("Commands:")[2]


def test_every_group_of_entry_points_is_a_group_of_the_command() -> None:
    groups = {name for name in entry_points().groups if name.startswith(f"{COMMANDS}.")}
    for name in groups:
        command = guidance.get_command(click.Context(guidance), name.removeprefix(f"{COMMANDS}."))
        assert isinstance(command, CommandGroup)


@pytest.mark.parametrize("command", ["run", "report", "ab"])
def test_exit_statuses_stand_on_lines_of_their_own(command: str) -> None:
    lines = [line.strip() for line in said("perf", command, "--help").splitlines()]
    assert "70  this command has a fault of its own" in lines
