"""The stand-in as a child process, which ends with its parent."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class StandInNotStarted(Exception):
    """The process ended before it listened; it has said why on standard error."""


@contextmanager
def running_stand_in(*options: str) -> Iterator[str]:
    """Run `guidance llm-standin` until the block is left, and yield its base URL.

    It ends with this process in any case, but is not interrupted by Ctrl-C, so that replies in
    progress still arrive while a server shuts down.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "perf.llm_standin", "--with-parent", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            said = process.stdout.readline()
            if not said:
                raise StandInNotStarted
            yield said.split()[-1]
        finally:
            process.terminate()
