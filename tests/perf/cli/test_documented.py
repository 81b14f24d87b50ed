"""The commands in the documentation and in the workflow are commands, with options that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from perf.cli.command import perf
from perf.load.workload.profiles import PROFILES

ROOT = Path(__file__).parents[3]
WORKFLOW = ROOT / ".github" / "workflows" / "performance.yml"
PAGE = ROOT / "docs" / "load-testing.md"
COMMAND = re.compile(r"\.venv/bin/guidance perf (.+)$", re.MULTILINE)
COMMANDS = [
    pytest.param(line, id=f"{path.name}: {line}")
    for path in (PAGE, WORKFLOW, ROOT / "perf" / "tunings" / "page.py")
    for line in COMMAND.findall(path.read_text())
    if "{" not in line
]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_can_be_given_as_written(line: str) -> None:
    name, *arguments = shlex.split(line)
    command = perf.commands[name]
    assert isinstance(command.make_context(name, arguments), click.Context)


def test_every_command_is_described() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "".join(page.read_text() for page in pages)
    assert [name for name in perf.commands if f"guidance perf {name}" not in text] == []


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
