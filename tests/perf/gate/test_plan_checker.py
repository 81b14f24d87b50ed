"""What a plan that was run says of rows that were read for nothing."""

from typing import Any

import pytest

from perf.gate.plans.explain import Plan, discarded_rows
from perf.gate.plans.plan_checker import discarding


def scan(table: str, *, used: float, removed: float = 0, loops: int = 1, **more: Any) -> Plan:
    """A node that reads a table, as EXPLAIN ANALYZE shows it: rows are those of one loop."""
    return {
        "Node Type": "Index Scan",
        "Relation Name": table,
        "Actual Rows": used,
        "Actual Loops": loops,
        "Rows Removed by Filter": removed,
        **more,
    }


def test_rows_of_all_loops_and_nodes_of_a_table_count() -> None:
    plan = {
        "Node Type": "Nested Loop",
        "Actual Rows": 1,
        "Plans": [
            scan("users", used=3),
            scan("chat_messages", used=2, removed=40, loops=3, Plans=[scan("users", used=1)]),
        ],
    }
    assert discarded_rows(plan) == {"users": (0, 4), "chat_messages": (120, 6)}


@pytest.mark.parametrize(
    ("plan", "problems"),
    [
        (scan("chat_messages", used=1, removed=10), []),
        (
            scan("chat_messages", used=1, removed=11),
            ["reads 12 rows of chat_messages to use 1: no index serves it"],
        ),
        (scan("chat_messages", used=50, removed=100), []),
        (
            scan("chat_messages", used=50, removed=101),
            ["reads 151 rows of chat_messages to use 50: no index serves it"],
        ),
        (scan("billing_plans", used=1, removed=900), []),
        ({"Node Type": "Result"}, []),
    ],
)
def test_more_than_a_few_rows_for_nothing_are_a_problem(plan: Plan, problems: list[str]) -> None:
    assert list(discarding(plan)) == problems
