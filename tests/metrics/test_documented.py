"""Every metric has its line in the docs."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from prometheus_client.metrics import MetricWrapperBase

import metrics

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.unit
def test_every_metric_is_documented() -> None:
    modules = [import_module(f"metrics.{found.name}") for found in iter_modules(metrics.__path__)]
    named = [one for module in modules for one in vars(module).values()]
    collectors = [one for one in named if isinstance(one, MetricWrapperBase)]
    names = {family.name for one in collectors for family in one.describe()}
    assert len(names) > 50
    pages = "".join(page.read_text() for page in DOCS.rglob("*.md"))
    undocumented = sorted(name for name in names if name not in pages)
    assert undocumented == [], "each needs a line in docs/operating/observability.md"
