"""Tests of alert rules, which Prometheus itself evaluates on given series."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perf.objectives.rules import rules
from perf.objectives.table import read_table
from perf.objectives.yaml import to_yaml
from tests.fixtures.run.tools import tool

OPS = Path(__file__).parents[3] / "ops"
TABLE = read_table(OPS / "objectives.toml")
GROUPS: Any = rules(TABLE)["groups"]
"""As in the committed file, of which another test says that it is current."""

# Any: YAML.
Test = dict[str, Any]


# Any: YAML.
def names(group: Mapping[str, Any]) -> set[str]:
    """The alerts of a group."""
    return {rule["alert"] for rule in group["rules"] if "alert" in rule}


def check(tmp_path: Path, tests: Sequence[Test], step: int = 1) -> None:
    """Let promtool test the rules, evaluated every `step` minutes."""
    check_all(tmp_path, {"tests": (tests, step)})


def check_all(tmp_path: Path, files: Mapping[str, tuple[Sequence[Test], int]]) -> None:
    """Let promtool check several files of tests at once; what fails is named by its file.

    It takes longer to start than to run most of them. A file has those groups of rules alone that
    its tests are about: all of them take ten times as long.
    """
    paths = [_file(tmp_path, name, *tests) for name, tests in files.items()]
    ran = subprocess.run(
        [tool("promtool"), "test", "rules", *paths], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _file(folder: Path, name: str, tests: Sequence[Test], step: int) -> Path:
    path, used = folder / f"{name}.yml", folder / f"{name}.rules.yml"
    alerts = {each["alertname"] for test in tests for each in test["alert_rule_test"]}
    used.write_text(to_yaml({"groups": [one for one in GROUPS if alerts & names(one)]}))
    head = {"rule_files": [str(used)], "evaluation_interval": f"{step}m"}
    path.write_text(to_yaml(head | {"tests": tests}))
    return path


def expecting(
    rule: Mapping[str, Any],
    series: Mapping[str, str],
    minutes: int,
    *,
    step: int = 1,
    is_firing: bool,
) -> Test:
    """One alert of a rule, and nothing else of its name, after so many minutes."""
    expected = {"exp_labels": rule["labels"], "exp_annotations": rule["annotations"]}
    return {
        "interval": f"{step}m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {
                "eval_time": f"{minutes}m",
                "alertname": rule["alert"],
                **({"exp_alerts": [expected]} if is_firing else {}),
            }
        ],
    }
