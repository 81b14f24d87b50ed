"""The commands in the documentation and in the workflow are commands, with options that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from app.cli import guidance
from app.cli.groups import registered_commands
from app.cli.sections import SHORT_FORMS
from perf.load.workload.profiles import PROFILES

ROOT = Path(__file__).parents[3]
WORKFLOW = ROOT / ".github" / "workflows" / "performance.yml"
PAGE = ROOT / "docs" / "performance" / "load-testing.md"
PAGES = [ROOT / "README.md", ROOT / "examples/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND_LINE = re.compile(r"^(?:.*\.venv/bin/|\$ | *)guidance (?!: )(.+?)(?: > .+)?$", re.MULTILINE)
COMMAND_LINES = [
    pytest.param(line, id=f"{path.name}: {line}")
    for path in (*PAGES, WORKFLOW)
    for line in COMMAND_LINE.findall(path.read_text())
    # Those of this page are run, and what they print is compared.
    if "`" not in line and path.name != "trusted-documents.md"
]
NAMED = re.compile(r"`guidance ([a-z][a-z -]+)")
TYPED = sorted({name.strip() for page in PAGES for name in NAMED.findall(page.read_text())})


def find(line: str) -> tuple[click.Command, list[str]]:
    """The command that a line names, and the rest of the line."""
    command: click.Command = guidance
    rest = shlex.split(line, comments=True)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        _, found, rest = command.resolve_command(click.Context(command), rest)
        assert found is not None
        command = found
    return command, rest


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_a_command_can_be_given_as_written(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, arguments = find(line)
    monkeypatch.chdir(tmp_path)
    for file in (tmp_path / one for one in arguments if one.endswith(".json")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert isinstance(command.make_context(command.name, arguments), click.Context)


@pytest.mark.parametrize("line", TYPED)
def test_a_command_that_a_page_names_is_one(line: str) -> None:
    assert find(line)


def test_every_command_is_described() -> None:
    text = " ".join(page.read_text() for page in PAGES)
    commands = [name for name in registered_commands() if name not in SHORT_FORMS]
    assert [name for name in commands if f"guidance {name}" not in text] == []


def test_the_profiles_are_those_on_the_page() -> None:
    row = re.compile(r"^\| (\w+) \| (\d+) a second \| ([\d, ]+) s \| (\d+) \|$", re.MULTILINE)
    rows = row.findall(PAGE.read_text())
    assert rows == [
        (
            one.name,
            f"{one.rate:g}",
            f"{one.warm_up:g}, {one.ramp_up:g}, {one.plateau:g}, {one.spike:g}",
            f"{one.swept}",
        )
        for one in PROFILES.values()
    ]


def test_the_workflow_runs_the_gate_on_changes_and_the_comparison_at_night() -> None:
    text = WORKFLOW.read_text()
    gate, nightly = text.split("\n  nightly:\n")
    assert "pull_request:" in gate
    assert "cron:" in gate
    assert "guidance perf gate" in gate
    assert "guidance perf run --profile smoke" in gate
    assert "guidance perf nightly" in nightly
    assert "path: artifacts/history" in nightly
    assert "gh issue create" in nightly
