"""A Redis for the attacks that want one: the one that is named, or one that is installed."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from perf.chaos.redis_program import redis_program

_START_LOOKS = 250


@contextmanager
def running_redis(folder: Path) -> Iterator[str | None]:
    """The URL of REDIS_URL, or of a Redis that runs until the block is left; None without one."""
    named, program = os.environ.get("REDIS_URL"), redis_program()
    if named or program is None:
        yield named or None
        return
    port = _free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    try:
        for _ in range(_START_LOOKS):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
