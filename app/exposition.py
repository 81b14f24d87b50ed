"""/metrics: everything measured, for Prometheus."""

from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import Response

from metrics.observations import Observations


class Exposition:
    """The metrics of this process, or of all workers through the folder that they share."""

    def __init__(self, multiprocess_dir: Path | None, observations: Observations) -> None:
        self._multiprocess_dir = multiprocess_dir
        self._observations = observations

    async def answer(self, _request: Request) -> Response:
        """Expose the metrics in the text format."""
        self._observations.tell()
        registry = REGISTRY
        if self._multiprocess_dir is not None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self._multiprocess_dir))  # type: ignore[no-untyped-call]  # untyped library
        return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})
