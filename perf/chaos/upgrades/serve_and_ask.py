"""Serve this source tree, and ask it its own documents when told to: run by `previous_version`.

It runs in the tree of an older version, whose modules it imports. For each pair of lines read it
asks from the first to the second, and prints the failures.
"""

import asyncio
import json
import sys

from perf.chaos.upgrades.load import loads
from perf.gate.data.callers import FEW_ROWS, TWICE_THE_ROWS
from perf.sweep.server import SweepTarget, gate_server


def main(database_url: str, model_url: str, folder: str) -> None:
    """Serve a filled database until the input ends."""
    groups = (FEW_ROWS, TWICE_THE_ROWS)
    with gate_server(database_url, model_url, groups=groups, data_dir=folder) as target:
        asyncio.run(_follow(target))


async def _follow(target: SweepTarget) -> None:
    async with loads(target) as asked:
        _print("ready")
        while await _line():
            async with asked.asking() as load:
                _print("asking")
                await _line()
            _print(json.dumps(load.failures))


async def _line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
