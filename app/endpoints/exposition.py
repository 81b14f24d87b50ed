"""/metrics: all collectors in Prometheus's text format."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics import exposition
from starlette.requests import Request
from starlette.responses import Response

from app.endpoints.cached_value import CachedValue
from metrics.observations import Observations

_OPEN_METRICS, _OPEN_TYPE = "application/openmetrics-text", exposition.CONTENT_TYPE_LATEST
_END = b"# EOF\n"


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
        self._text = CachedValue(self._render_text, max_age_seconds=max_age_seconds)
        self._open = CachedValue(self._render_open, max_age_seconds=max_age_seconds)

    async def answer(self, request: Request) -> Response:
        """Expose the metrics, in OpenMetrics where that is accepted: it alone has exemplars."""
        offered = request.headers.get("authorization", "").encode("latin-1")
        if self._credential and not hmac.compare_digest(offered, self._credential):
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        if _OPEN_METRICS in request.headers.get("accept", ""):
            return Response(await self._open.get(), headers={"content-type": _OPEN_TYPE})
        headers = {"content-type": CONTENT_TYPE_LATEST}
        return Response(await self._text.get(), headers=headers)

    async def _render_text(self) -> bytes:
        return b"".join([part async for part in self._rendered(generate_latest)])

    async def _render_open(self) -> bytes:
        parts = [part async for part in self._rendered(exposition.generate_latest)]
        # Each is rendered as if it were all.
        return b"".join([*(part.removesuffix(_END) for part in parts), _END])

    async def _rendered(
        self, render: Callable[["_SingleMetricRegistry"], bytes]
    ) -> AsyncIterator[bytes]:
        """Render each metric, yielding to the event loop in between."""
        self._observations.flush()
        for metric in await self._metrics():
            yield render(_SingleMetricRegistry(metric))
            await asyncio.sleep(0)

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
