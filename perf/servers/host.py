"""The machine and the commit that a run measured."""

import os
import platform
import subprocess
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

import perf

ROOT = Path(perf.__file__).parents[1]
"""The root of the repository."""
_CPU_MODEL = "model name"


class Host(BaseModel):
    """A machine; runs are only compared if it is the same."""

    model_config = ConfigDict(frozen=True)

    processor: str
    cores: int
    memory_gigabytes: int
    system: str
    python: str


def this_host() -> Host:
    """The machine of this process."""
    return Host(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gigabytes=round(psutil.virtual_memory().total / 2**30),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
    )


def commit_of(tree: Path = ROOT) -> str:
    """The checked-out commit, with a + if files are modified; `unknown` without git."""
    try:
        commit = _git(tree, "rev-parse", "--short=12", "HEAD")
        changed = _git(tree, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}+" if changed else commit


def _git(tree: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", tree, *arguments],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == _CPU_MODEL:
                return value.strip()
    return platform.processor() or "unknown"
