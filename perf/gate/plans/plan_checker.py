"""Check the query plans of a document's statements, with given and with generic values."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from db.connections.capture import ExecutedStatement
from perf.gate.execution.in_process import ResourceUsage
from perf.gate.findings import GateFinding
from perf.gate.plans.explain import (
    Plan,
    discarded_rows,
    executed_plan,
    generic_plan,
    scans,
    sorts,
    tables,
)
from perf.gate.plans.fingerprint import fingerprint

if TYPE_CHECKING:
    import asyncpg

SMALL_TABLES = frozenset({"billing_plans", "invoice_counters", "reply_generations"})
"""Tables that stay small in production: sequential scans of them are allowed.

`reply_generations` has only the replies that are being written.
"""
SORTED_ON_PURPOSE: Mapping[str, str] = {
    "billing.plan_changes_since": "the changes of a period, of which a person makes a few",
    "payments.open_of_subscription": "the open payments of a subscription, of which it has one",
    "messages.page_by_sibling": "the versions of one message, or the replies to one",
    "credentials.by_account": "the keys of one company, of which it makes a few a year",
    "message_search.search": "what is found in a window of a person's messages, of 4,096 at most",
    "feedback.by_day": "the sums of at most 400 days, of which each has one a model and shard",
    "feedback.give": "the models that wrote one reply, of which there are a few",
    "privacy.erased_tables": "the lines of receipts, of which each has one a table",
}
"""Repository methods that may sort, and the reason."""
DISCARDED_ON_PURPOSE: Mapping[tuple[str, str], str] = {
    ("ConversationsByTag", "conversations.page_by_user"): "those pinned, of which there are few",
}
"""Documents and repository methods that may read more than they use, and the reason."""
MOST_DISCARDED, MOST_DISCARDED_PER_ROW = 10, 2
"""How many rows of a table a statement may read and throw away, in all or for each that it uses."""
MINIMUM_ROWS = 1_000
"""Rows needed in every other table: with fewer, plans would be meaningless."""


class PlanChecker:
    """Explains statements on one connection, without running them."""

    def __init__(
        self, connection: "asyncpg.Connection[asyncpg.Record]", sizes: Mapping[str, int]
    ) -> None:
        self._connection = connection
        self._sizes = sizes
        self._generic: dict[str, Plan] = {}
        """Generic plans by statement, which do not depend on values."""

    async def findings(self, document: str, usage: ResourceUsage) -> list[GateFinding]:
        """Findings about sequential scans and sorts, each statement once."""
        found: list[GateFinding] = []
        for statement, one in {fingerprint(one.statement.sql): one for one in usage.ran}.items():
            executed = await executed_plan(self._connection, one.statement, one.arguments)
            plans, method = (executed, await self._generic_plan(one)), one.statement.name
            problems = {problem: None for plan in plans for problem in self._of(plan, method)}
            if (document, method) not in DISCARDED_ON_PURPOSE:
                problems |= dict.fromkeys(discarding(executed))
            found += [GateFinding(document, problem, method, statement) for problem in problems]
        return found

    async def _generic_plan(self, one: ExecutedStatement) -> Plan:
        sql = one.statement.sql
        if sql not in self._generic:
            parameters = len(one.arguments)
            self._generic[sql] = await generic_plan(self._connection, one.statement, parameters)
        return self._generic[sql]

    def _of(self, plan: Plan, method: str) -> Iterator[str]:
        for table in sorted(tables(plan) - SMALL_TABLES):
            size = self._sizes[table]
            if size < MINIMUM_ROWS:
                yield f"reads {table}, of which the gate's data has only {size} rows"
        for table in sorted(scans(plan) - SMALL_TABLES):
            yield f"reads the whole of {table}: no index serves it"
        for table in sorted(sorts(plan) - SMALL_TABLES):
            if method not in SORTED_ON_PURPOSE:
                yield f"sorts rows of {table}: no index has them in order"


def discarding(executed: Plan) -> Iterator[str]:
    """A problem for each table of which a statement that was run discarded too many rows."""
    for table, (discarded, used) in sorted(discarded_rows(executed).items()):
        if table in SMALL_TABLES or discarded <= max(MOST_DISCARDED, MOST_DISCARDED_PER_ROW * used):
            continue
        yield f"reads {discarded + used} rows of {table} to use {used}: no index serves it"
