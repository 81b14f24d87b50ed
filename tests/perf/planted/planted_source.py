"""Copies of this source with a fault in them, and the commands that a user would run there."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2

from perf.servers.host import ROOT
from tests.fixtures.servers.processes import GUIDANCE


@dataclass(frozen=True, slots=True)
class Edit:
    """In the file `path`, `before` becomes `after`; without `before` the file is a new one."""

    path: str
    before: str
    after: str


PER_REQUEST = Edit(
    "app/http/request_context.py",
    "state.pop(ADMITTED_AT, None) or perf_counter()\n",
    "state.pop(ADMITTED_AT, None) or (lambda: perf_counter())()\n",
)


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a command; `output` is both of its streams as they came."""

    status: int
    output: str


@dataclass(frozen=True, slots=True)
class Source:
    """A copy of the source, whose packages are imported in the place of those installed."""

    folder: Path

    def guidance(self, *arguments: str | Path, **environment: str) -> Ran:
        """Run `guidance` with these arguments in this folder."""
        ran = subprocess.run(
            [GUIDANCE, *arguments],
            cwd=self.folder,
            env=os.environ | environment | {"PYTHONPATH": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout)


def planted(folder: Path, *fault: Edit, is_committed: bool = False) -> Source:
    """Copy what git knows of the source to `folder`, as it is now, and make the edits there.

    Fails where the text of an edit is not there exactly once: the fault would prove nothing. Where
    the copy `is_committed`, git knows there what it was before the edits, as of any clone.
    """
    for name in _known():
        copied = folder / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        copy2(ROOT / name, copied)
    if is_committed:
        _commit(folder)
    for edit in fault:
        _make(folder / edit.path, edit)
    return Source(folder)


def edited(edit: Edit, text: str) -> str:
    """The text with the edit made; fails where what it begins from is not there exactly once."""
    times = text.count(edit.before)
    assert times == 1, f"{edit.path} has this {times} times, not once:\n{edit.before}"
    return text.replace(edit.before, edit.after)


def assert_caught(ran: Ran, *named: str, status: int = 1) -> None:
    """Fail unless the command ended with `status` and said each of `named`."""
    assert ran.status == status, ran.output
    assert [one for one in named if one not in ran.output] == [], ran.output


def _known() -> Iterable[str]:
    names = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z"], check=True, capture_output=True, text=True
    ).stdout.split("\0")
    return (name for name in names if (ROOT / name).is_file())


def _commit(folder: Path) -> None:
    somebody = ("-c", "user.name=tests", "-c", "user.email=tests@example.org")
    for command in (("init",), ("add", "--all"), (*somebody, "commit", "--message", "As it was.")):
        subprocess.run(["git", "-C", folder, *command], check=True, capture_output=True)


def _make(path: Path, edit: Edit) -> None:
    if not edit.before:
        assert not path.exists(), f"{edit.path} is there already"
        path.write_text(edit.after)
        return
    path.write_text(edited(edit, path.read_text()))
