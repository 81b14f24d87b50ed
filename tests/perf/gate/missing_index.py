"""A database of which all have a share, for a while without one of its indexes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fixtures.stores.postgres import rows_of, run

_DEFINITION = "SELECT indexdef FROM pg_indexes WHERE indexname = $1"


@contextmanager
def without_index(url: str, name: str) -> Iterator[None]:
    """Drop an index until the block ends."""
    (found,) = asyncio.run(rows_of(url, _DEFINITION, name))
    asyncio.run(run(url, f"DROP INDEX {name}"))
    try:
        yield
    finally:
        asyncio.run(run(url, found["indexdef"]))
