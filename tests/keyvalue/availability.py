"""What the client of Redis is waited for, in the words of tests."""

import asyncio
from collections.abc import Callable

from prometheus_client import REGISTRY

from keyvalue import KeyValueClient

LONGEST_SECONDS = 20
"""Far beyond what anything here needs."""


async def until(condition: Callable[[], bool]) -> None:
    """Wait for the condition."""
    async with asyncio.timeout(LONGEST_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


async def until_available(keyvalue: KeyValueClient) -> None:
    """Wait until Redis is asked again."""
    await until(lambda: keyvalue.is_available)


def counted(metric: str, **labels: str) -> float:
    """The value of a metric of the client."""
    return REGISTRY.get_sample_value(f"guidance_keyvalue_{metric}_total", labels) or 0.0
