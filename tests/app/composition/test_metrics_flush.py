"""What workers that Prometheus does not scrape store for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from app.composition.metrics_flush import flushing_periodically
from metrics.observations import Observations

pytestmark = pytest.mark.heavy

WORKER = """
from metrics.repository_methods import RepositoryMethods
methods = RepositoryMethods()
methods.observe(("shared", 0.25, 3, 0.5, None))
methods.observe(("shared", 0.002, None, 0.0, None))
methods.flush()
"""


def exposed(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"guidance_statement_{name}", labels)


async def test_the_last_statements_are_flushed_when_the_process_stops() -> None:
    observations = Observations()

    async with flushing_periodically(observations):
        observations.methods.observe(("stopping", 0.1, 1, 0.0, None))
        assert exposed(REGISTRY, "seconds_count", method="stopping") is None
    assert exposed(REGISTRY, "seconds_count", method="stopping") == 1


def test_several_workers_add_up(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", WORKER], env=environment, check=True)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(tmp_path))  # type: ignore[no-untyped-call]  # untyped library
    assert exposed(registry, "seconds_count", method="shared") == 4
    assert exposed(registry, "seconds_sum", method="shared") == 0.504
    assert exposed(registry, "seconds_bucket", method="shared", le="0.1") == 2
    assert exposed(registry, "errors_total", method="shared") == 2
    assert exposed(registry, "rows_total", method="shared") == 6
    assert exposed(registry, "wait_seconds_total", method="shared") == 1.0
