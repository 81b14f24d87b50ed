"""Honest requests of many people: reads in the shares of the load tests, each made beforehand."""

from collections.abc import Sequence
from random import Random

import orjson

from perf.benchmarks.wire import posted
from perf.load.flows import FLOWS, Caller

_REQUESTS = 5_000


def requests_of(tokens: Sequence[str], *, seed: int = 1) -> list[bytes]:
    """What people ask, in an order that is the same for the same seed."""
    reads = [flow for flow in FLOWS.values() if flow.is_read and flow.caller is Caller.PERSON]
    random = Random(seed)
    chosen = random.choices(reads, [flow.weight for flow in reads], k=_REQUESTS)
    return [
        posted(
            "/graphql",
            orjson.dumps({"documentId": f"x-guidance-{flow.name}"}),
            authorization=f"Bearer {tokens[number % len(tokens)]}",
        )
        for number, flow in enumerate(chosen)
    ]
