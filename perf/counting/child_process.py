"""Run a module in a process of its own and read the lines that it writes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from perf.servers.host import ROOT

_MOST_SHOWN = 2_000


class CountingFailed(Exception):
    """The counting process failed; the message is the end of its standard error."""


def lines_of(
    module: str, *arguments: str, tree: Path = ROOT, python: str = sys.executable
) -> Iterator[bytes]:
    """The lines that a module of the source in `tree` writes; raises `CountingFailed`."""
    with (
        TemporaryFile() as said,
        subprocess.Popen(
            [python, "-m", module, *arguments],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"},
            stdout=subprocess.PIPE,
            stderr=said,
        ) as child,
    ):
        assert child.stdout is not None  # noqa: S101 - it is a pipe
        yield from child.stdout
        if child.wait():
            said.seek(0)
            raise CountingFailed(said.read()[-_MOST_SHOWN:].decode(errors="replace").strip())
