"""Counting function calls, from the process that wants to know."""

import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import orjson

from perf.counting.calls import Calls
from perf.counting.counted import Size
from perf.load.host import ROOT

COUNTED_ON = (3, 11)
"""The oldest Python that is supported: others call other functions for the same work."""
NOT_COUNTED = "Function calls are not counted: those that are agreed are of Python 3.11."
_MOST_SHOWN = 2_000


class CountingFailed(Exception):
    """The process that counts has ended; the message has what it said last."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a document takes for n rows and for 2n, or why that cannot be said."""

    document: str
    sizes: tuple[Size, Size] | None
    failed: str | None = None


def is_counted_here() -> bool:
    """Whether this Python is the one whose calls are agreed."""
    return sys.version_info[:2] == COUNTED_ON


def counted(
    url: str,
    folder: Path,
    names: Collection[str],
    *,
    tree: Path = ROOT,
    python: str = sys.executable,
) -> Iterator[Counted]:
    """Count the documents of these names, each as soon as it is done; raises `CountingFailed`.

    `url` is a database that `perf.gate.data` has filled, and `tree` the source that is counted.
    """
    with (
        TemporaryFile() as said,
        subprocess.Popen(
            [python, "-m", "perf.counting.child", url, str(folder), *names],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"},
            stdout=subprocess.PIPE,
            stderr=said,
        ) as child,
    ):
        assert child.stdout is not None  # noqa: S101 - it is a pipe
        for line in child.stdout:
            yield _counted(orjson.loads(line))
        if child.wait():
            said.seek(0)
            raise CountingFailed(said.read()[-_MOST_SHOWN:].decode(errors="replace").strip())


# Any: JSON.
def _counted(line: dict[str, Any]) -> Counted:
    if "failed" in line:
        return Counted(line["document"], None, line["failed"])
    return Counted(line["document"], (_size(line["few"]), _size(line["twice"])))


def _size(size: dict[str, Any]) -> Size:
    return Size(**size | {"calls": Calls(**size["calls"])})
