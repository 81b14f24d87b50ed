"""The honest client: signed in, at its own address, reading the quota at a steady rate."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from perf.load.generator.open_loop import run_plan
from perf.load.generator.outcomes import ANSWERED
from perf.load.generator.samples import Sample
from perf.load.workload.schedule import PlannedRequest
from perf.servers.client import Address, Client, Request
from perf.statistics.percentiles import percentile

ADDRESS = "127.0.0.2"
A_SECOND = 100
_IDLE_SECONDS = 0.5
"""Less than any server here keeps them, so that no request meets a connection being closed."""
FEWEST = 299
"""With fewer requests, a p99 cannot be estimated with 95% confidence."""
_QUOTA = orjson.dumps({"documentId": "x-guidance-Quota"})


@dataclass(frozen=True, slots=True)
class VictimResult:
    """Latencies in seconds, and the codes of failures."""

    latencies: tuple[float, ...]
    failures: tuple[str, ...]

    @property
    def p99(self) -> float:
        """In seconds."""
        found = percentile(self.latencies, 0.99)
        return found.value if found else 0.0

    @property
    def worst(self) -> float:
        """In seconds."""
        return self.latencies[-1]


class Victim:
    """Sends requests of one person."""

    def __init__(self, port: int, token: str) -> None:
        self._client = Client(
            Address("127.0.0.1", port), local_address=ADDRESS, idle_seconds=_IDLE_SECONDS
        )
        self._request = Request(_QUOTA, {"authorization": f"Bearer {token}"})

    async def ask(self, seconds: float) -> VictimResult:
        """Send requests at the steady rate for `seconds`, answered or not."""
        planned = [
            PlannedRequest(number / A_SECOND, "", "Quota")
            for number in range(int(seconds * A_SECOND))
        ]
        return _result(await run_plan(self._client, planned, self._made))

    async def ask_in_turn(self, count: int) -> VictimResult:
        """Send `count` requests, each after the answer to the one before."""
        planned = [PlannedRequest(0.0, "", "Quota")]
        samples = [await run_plan(self._client, planned, self._made) for _ in range(count)]
        return _result([one for (one,) in samples])

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _made(self, _planned: PlannedRequest) -> Request:
        return self._request


def _result(samples: Sequence[Sample]) -> VictimResult:
    return VictimResult(
        tuple(sorted(one.latency for one in samples)),
        tuple(one.outcome.code for one in samples if one.outcome != ANSWERED),
    )
