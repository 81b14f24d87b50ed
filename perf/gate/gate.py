"""The gate: run documents on generated data, and check budgets and query plans."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from perf.gate.document_check import DocumentCheck, DocumentResult, choices_of
from perf.gate.execution.in_process import InProcessRunner, RunFailed, open_runner
from perf.gate.fields.check import FieldsResult, check_fields
from perf.gate.findings import GateFinding
from perf.gate.plans.explain import table_sizes
from perf.gate.plans.plan_checker import MINIMUM_ROWS, PlanChecker
from perf.gate.scenarios.scenario import Scenario
from perf.gate.scenarios.scenarios import scenarios

SINGLE_VALUES, PAIRS = 1, 2
"""The strength of the covering arrays: single values, or pairs of values."""
_NO_SCENARIO = "it has no scenario: perf/gate/scenarios has to say who asks, and with what"


class TooFewRows(Exception):
    """The database has too few rows for a meaningful check."""


class Gate:
    """Checks documents, one after another."""

    def __init__(
        self, runner: InProcessRunner, planner: PlanChecker, strength: int = PAIRS
    ) -> None:
        self._runner = runner
        self._planner = planner
        self._strength = strength

    async def check(self, document: TrustedDocument, scenario: Scenario) -> DocumentResult:
        """Run the variants of a document with n rows and with 2n; raises `RunFailed`."""
        return await DocumentCheck(
            self._runner, self._planner, document, scenario, self._strength
        ).check()

    async def check_or_explain(
        self, document: TrustedDocument, scenario: Scenario | None
    ) -> DocumentResult | GateFinding:
        """The same, but with a finding instead of an exception if the check fails."""
        try:
            choices_of(document)
            if scenario is None:
                return GateFinding(document.name, _NO_SCENARIO)
            return await self.check(document, scenario)
        except RunFailed as failed:
            said = str(failed).removeprefix(f"{document.name}: ")
            return GateFinding(document.name, said)
        except Exception as error:  # noqa: BLE001 - the other documents are judged all the same
            return GateFinding(document.name, f"it could not be judged: {_in_a_line(error)}")

    async def check_fields(
        self, subgraph: InProcessRunner, types: Collection[str] = ()
    ) -> FieldsResult:
        """Check the fields of all or of these types with generated documents."""
        try:
            return await check_fields(self._runner, self._planner, types, subgraph=subgraph)
        except Exception as error:  # noqa: BLE001 - what the documents are is said all the same
            problem = f"their fields could not be judged: {_in_a_line(error)}"
            return FieldsResult(0, 0, (GateFinding("types of the schema", problem),))


@asynccontextmanager
async def open_gate(url: str, folder: Path, strength: int = PAIRS) -> AsyncIterator[Gate]:
    """A gate on a database with the gate's data; `folder` is the server's data directory.

    Raises `TooFewRows`.
    """
    connection = await asyncpg.connect(url)
    try:
        rows = await table_sizes(connection)
        if rows.get("chat_messages", 0) < MINIMUM_ROWS:
            raise TooFewRows("the database is not one that an earlier gate has filled")
        async with open_runner(url, folder) as runner:
            yield Gate(runner, PlanChecker(connection, rows), strength)
    finally:
        await connection.close()


async def check_documents(
    url: str,
    folder: Path,
    *,
    names: Collection[str] = (),
    strength: int = PAIRS,
    report: Callable[[DocumentResult | GateFinding], None],
) -> None:
    """Check all or the named documents, reporting each when it is done."""
    async with open_gate(url, folder, strength) as gate:
        for name, document in trusted_documents().items():
            if not names or name in names:
                report(await gate.check_or_explain(document, scenarios().get(name)))


async def check_types(url: str, folder: Path, types: Collection[str] = ()) -> FieldsResult:
    """Check the fields of all or of these types."""
    async with (
        open_gate(url, folder) as gate,
        open_runner(url, folder, is_subgraph=True) as subgraph,
    ):
        return await gate.check_fields(subgraph, types)


def _in_a_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ").partition("\n")[0]
