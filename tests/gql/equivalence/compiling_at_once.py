"""A plugin of pytest's: what graphql-core's own tests execute is compiled, and counted.

It is loaded where those tests run, and leaves in their folder what it counted.
"""

import json
from collections import Counter
from importlib import import_module
from typing import Any

import pytest

from gql.compiler.plan import ExecutionPlan
from gql.compiler.plan_cache import OperationPlans
from gql.runtime.executor import CompiledExecutor

_tests: Counter[str] = Counter()
_operations: Counter[str] = Counter()
_failed: list[str] = []


# Any, in this class: it passes on what it gets.
class CompilingAtOnce(CompiledExecutor):
    """Compiles an operation that is run for the first time."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.plans = OperationPlans(self.schema, self.operation, self.fragments, is_long_lived=True)

    def execute_operation(self, *args: Any) -> Any:
        _operations["executed"] += 1
        return super().execute_operation(*args)

    def fall_back(self, *args: Any) -> Any:
        _operations["stepped back"] += 1
        return super().fall_back(*args)

    def _plan(self) -> ExecutionPlan | None:
        plan = super()._plan()
        _operations["compiled"] += plan is not None
        return plan


def pytest_configure() -> None:
    """Let `execute` and `subscribe` find this executor by the names of graphql-core's own."""
    vars(import_module("graphql.execution.execute")).update(
        IncrementalExecutor=CompilingAtOnce, ExecutorThrowingOnIncremental=CompilingAtOnce
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what came of a test."""
    if report.when == "call" or not report.passed:
        _tests[report.outcome] += 1
    if report.failed:
        _failed.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave what was counted."""
    counted = {"tests": _tests, "failed": _failed, "operations": _operations}
    (session.config.rootpath / "counted.json").write_text(json.dumps(counted))
