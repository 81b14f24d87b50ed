"""What is made of the table of objectives: current, and made of metrics that exist."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client import REGISTRY

from app.endpoints import exposition
from gql.values.objectives import OBJECTIVE_ERROR_SHARE
from metrics import (
    admission,
    cache,
    database,
    generation,
    jobs,
    keyvalue,
    observations,
    privacy,
    repository_methods,
    webhooks,
)
from perf.cli.command import perf
from perf.objectives.command import files
from perf.objectives.table import Signal, read_table
from perf.objectives.yaml import Yaml, to_yaml

OPS = Path(__file__).parents[3] / "ops"
TABLE = read_table(OPS / "objectives.toml")
USED = (
    *(
        admission,
        cache,
        database,
        exposition,
        generation,
        jobs,
        keyvalue,
        repository_methods,
        observations,
    ),
    *(privacy, repository_methods, webhooks),
)
"""What makes the metrics."""


@pytest.mark.parametrize("name", files(TABLE))
def test_a_committed_file_is_current(name: str) -> None:
    assert (OPS / name).read_text() == files(TABLE)[name], "run `guidance perf objectives`"


def test_every_metric_that_is_queried_exists() -> None:
    text = "".join(files(TABLE).values())
    requested = set(re.findall(r"guidance_[a-z_]+", text))
    there = {
        name
        for metric in REGISTRY.collect()
        for name in (
            metric.name,
            *(f"{metric.name}_{end}" for end in ("total", "bucket", "sum", "count")),
        )
    }
    assert requested <= there
    assert "guidance_operation_seconds_bucket" in requested


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    text = (OPS / "prometheus-rules.yml").read_text()
    page = (OPS.parent / "docs" / "operating" / "runbooks.md").read_text()
    linked = set(re.findall(r'runbook_url: "docs/operating/runbooks.md#(\w+)"', text))
    assert text.count("runbook_url") == text.count("- alert:") > len(TABLE.signals)
    sections = re.split("^## ", page, flags=re.MULTILINE)[1:]
    assert {section.split()[0].lower() for section in sections} == linked
    for section in sections:
        name = section.split()[0]
        is_reference = "as\n[Guidance" in section or "as for [Guidance" in section
        assert is_reference or ("**Look**" in section and "**Do**" in section), name


def test_a_signal_has_one_mark() -> None:
    for marks in ({}, {"above": 1.0, "below": 2.0}):
        with pytest.raises(ValueError, match="the signal slow has no mark, or two"):
            Signal("slow", "Slow", "x", "5m", "page", **marks)
    assert Signal("slow", "Slow", "x", "5m", "page", below=2_000.0).condition == "(x) < 2000"


def test_the_bounds_of_the_objectives_are_edges_of_the_histogram() -> None:
    edges = observations.OPERATION_SECONDS.labels("Edges", "query")._upper_bounds
    requested = {
        float(edge) for one in TABLE.objectives for edge in re.findall('le="(.*?)"', one.good or "")
    }
    assert requested == {0.3, 0.7}
    assert requested <= set(edges)


def test_the_command_writes_the_files(tmp_path: Path) -> None:
    (tmp_path / "objectives.toml").write_text((OPS / "objectives.toml").read_text())
    ran = CliRunner().invoke(perf, ["objectives", "--folder", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    for name in files(TABLE):
        assert (tmp_path / name).read_text() == (OPS / name).read_text()


@pytest.mark.parametrize("text", ["service", "service = 'a'", "[objectives.a]\ntarget = 1"])
def test_a_table_that_cannot_be_used(tmp_path: Path, text: str) -> None:
    (tmp_path / "objectives.toml").write_text(text)
    ran = CliRunner().invoke(perf, ["objectives", "--folder", str(tmp_path)])
    assert ran.exit_code == 1
    assert ran.output.startswith(f"Error: {tmp_path / 'objectives.toml'} cannot be used: ")


def test_yaml_is_quoted_where_it_could_be_taken_for_something_else() -> None:
    value: Yaml = {"a": ["no", {"b": 1, "c": {"d": "1", "e": True}}, "x: y # z\n"], "f": 0.5}
    assert to_yaml(value) == (
        'a:\n  - "no"\n  - b: 1\n    c:\n      d: "1"\n      e: true\n  - "x: y # z\\n"\nf: 0.5\n'
    )


def test_the_dashboard_is_what_grafana_imports() -> None:
    board = json.loads((OPS / "grafana-dashboard.json").read_text())
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(set(places)) == len(places) == 26
    assert {panel["id"] for panel in board["panels"]} == set(range(1, 27))


def test_the_objective_for_errors_is_the_one_that_operations_are_held_to() -> None:
    (availability,) = (one for one in TABLE.objectives if one.name == "availability")
    assert round(1 - availability.target, 6) == OBJECTIVE_ERROR_SHARE
