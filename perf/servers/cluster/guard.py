"""A process that outlives the one it guards just long enough to kill what that had started.

It is told on standard input, and acts when that ends: whoever is killed ends all the same what it
started. Run as `python -m perf.servers.cluster.guard`.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil


class Guard:
    """Told of processes by the one that started them."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def watch(self, pid: int) -> None:
        """Have this process killed when ours is gone, should it still run."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        with suppress(psutil.NoSuchProcess):
            # By the moment it began, too: the number is given again to others.
            self._process.stdin.write(f"{pid} {psutil.Process(pid).create_time()}\n")
            self._process.stdin.flush()


@contextmanager
def guarded() -> Iterator[Guard]:
    """Run a guard until the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "perf.servers.cluster.guard"],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        yield Guard(process)


def _main() -> None:
    told = [line.split() for line in sys.stdin]
    for pid, began in told:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(pid))
            if process.create_time() == float(began):
                _kill(process)


def _kill(process: psutil.Process) -> None:
    """Kill it first, so that it starts nothing any more, and then what it had started."""
    children = process.children(recursive=True)
    process.kill()
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()


if __name__ == "__main__":
    _main()
