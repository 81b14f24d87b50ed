"""A command that has run to its end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from tests.fixtures.servers.server import SECRET

GUIDANCE = Path(sys.executable).with_name("guidance")


def guidance(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command, with nothing but these variables set."""
    return subprocess.run(
        [GUIDANCE, *arguments],
        env={"PATH": os.environ["PATH"], "JWT_SECRET_KEY": SECRET} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def ended(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *arguments: str,
    **environment: str,
) -> tuple[object, str, str]:
    """The status that a command ends with, run in this process, and what it says and reports."""
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "argv", ["guidance", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    return left.value.code, said.out, said.err
