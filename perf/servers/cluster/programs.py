"""Programs that are no Python packages: what `make tools` unpacked, or what is installed."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from perf.servers.redis_server import redis_program

TOOLS = Path(__file__).parents[3] / ".tools"
_FOLDERS = (str(TOOLS / "usr" / "bin"), str(TOOLS / "usr" / "sbin"))
_PLACES = (*_FOLDERS, os.environ.get("PATH", ""), "/usr/sbin")
_REDIS = "redis-server"
LIBRARIES = ":".join(
    str(folder)
    for pattern in ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/systemd")
    for folder in TOOLS.glob(pattern)
)
"""Where the unpacked ones find their libraries."""


class ProgramsMissing(Exception):
    """Some are not here; the message says how to have them."""


def program(name: str) -> str | None:
    """The path of a program; None where it is missing."""
    if name == _REDIS:
        return redis_program()
    return shutil.which(name, path=os.pathsep.join(_PLACES))


def programs(*names: str) -> Mapping[str, str]:
    """The paths of programs by their names; raises `ProgramsMissing` that names all that are."""
    found = {name: program(name) for name in names}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise ProgramsMissing(
            f"not here: {', '.join(missing)}; `make tools` unpacks Debian's beside the source, "
            f"or install them: apt-get install {' '.join(missing)}"
        )
    return {name: path for name, path in found.items() if path is not None}
