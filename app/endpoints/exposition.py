"""/metrics: all collectors in Prometheus's text format."""

import asyncio
import hmac
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import Response

from app.endpoints.cached_value import CachedValue
from metrics.observations import Observations


class Exposition:
    """The metrics of this process, or of all workers through the folder that they share.

    The text is at most `max_age_seconds` old, and rendered once for concurrent scrapes. If `token`
    is set, scrapes must send it as a bearer token.
    """

    def __init__(
        self,
        multiprocess_dir: Path | None,
        observations: Observations,
        *,
        max_age_seconds: float,
        token: str | None = None,
    ) -> None:
        self._multiprocess_dir = multiprocess_dir
        self._observations = observations
        self._credential = None if token is None else f"Bearer {token}".encode()
        self._text = CachedValue(self._render, max_age_seconds=max_age_seconds)

    async def answer(self, request: Request) -> Response:
        """Expose the metrics in the text format."""
        offered = request.headers.get("authorization", "").encode("latin-1")
        if self._credential and not hmac.compare_digest(offered, self._credential):
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        headers = {"content-type": CONTENT_TYPE_LATEST}
        return Response(await self._text.get(), headers=headers)

    async def _render(self) -> bytes:
        """Render the text, yielding to the event loop after each metric."""
        self._observations.flush()
        parts = []
        for metric in await self._metrics():
            parts.append(generate_latest(_SingleMetricRegistry(metric)))
            await asyncio.sleep(0)
        return b"".join(parts)

    async def _metrics(self) -> Iterable[Metric]:
        if self._multiprocess_dir is None:
            return REGISTRY.collect()
        files = MultiProcessCollector(CollectorRegistry(), str(self._multiprocess_dir))  # type: ignore[no-untyped-call]  # untyped library
        return await asyncio.to_thread(lambda: list(files.collect()))  # type: ignore[no-untyped-call]  # untyped library


class _SingleMetricRegistry:
    """A registry of one metric, since `generate_latest` renders whole registries."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterator[Metric]:
        """Give the metric."""
        yield self._metric
