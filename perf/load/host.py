"""Where and of what a run was: a figure means nothing without it."""

import os
import platform
import subprocess
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).parents[2]
_CPU_MODEL = "model name"


class Host(BaseModel):
    """The machine; two runs are compared only where it is the same."""

    model_config = ConfigDict(frozen=True)

    processor: str
    cores: int
    memory_gigabytes: int
    system: str
    python: str


def this_host() -> Host:
    """The machine that this runs on."""
    return Host(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gigabytes=round(psutil.virtual_memory().total / 2**30),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
    )


def commit_of(tree: Path = ROOT) -> str:
    """The commit that is checked out, with a + where files differ from it; or `unknown`."""
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
