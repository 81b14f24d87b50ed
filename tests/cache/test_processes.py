"""Processes that miss the same value at the same time."""

import subprocess
import sys
from pathlib import Path

from tests.cache.instances import names

ROOT = Path(__file__).parents[2]
PROCESSES = 2
TIMES = 100


def test_two_hundred_misses_in_two_processes_read_the_database_twice(redis_url: str) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.cache.reader_process",
        redis_url,
        next(names),
        str(TIMES),
    ]
    readers = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(PROCESSES)
    ]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    for reader in readers:
        assert reader.stdin is not None
        reader.stdin.write("go\n")
        reader.stdin.flush()
    reads = [int(reader.communicate(timeout=60)[0]) for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0]
    assert 1 <= sum(reads) <= PROCESSES
