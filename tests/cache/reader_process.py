"""A process that asks for one id many times at once, and prints how often the database was read.

Run as `python -m tests.cache.reader_process URL NAME TIMES`; it begins when a line comes in.
"""

import asyncio
import sys

from tests.cache.instances import Table, cache_over, shared_store


async def read(url: str, name: str, times: int) -> None:
    """Wait for the others, and read."""
    table = Table()
    async with shared_store(url, name) as store:
        cache = cache_over(store, name)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        await asyncio.gather(*(cache.get([1], table.read) for _ in range(times)))
        await cache.close()
    sys.stdout.write(f"{len(table.requested)}\n")


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3])))
