"""The gate: run documents on generated data, and check budgets and query plans."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from gql.documents.budgets import TrustedDocument, trusted_documents
from perf.gate.fields.judged import FieldsJudged, judge_fields
from perf.gate.findings import Finding
from perf.gate.flows import FLOWS, Flow
from perf.gate.judging import Judged, Judging, choices_of
from perf.gate.planner import ENOUGH_ROWS, Planner
from perf.gate.plans import sizes
from perf.gate.running import FlowFailed, Runner, open_runner

EACH_ONCE, EACH_TWO = 1, 2
"""The strength of the covering arrays: single values, or pairs of values."""


class NotFilled(Exception):
    """The database has too few rows for a meaningful check."""


class Gate:
    """Checks documents, one after another."""

    def __init__(self, runner: Runner, planner: Planner, strength: int = EACH_TWO) -> None:
        self._runner = runner
        self._planner = planner
        self._strength = strength

    async def judge(self, document: TrustedDocument, flow: Flow) -> Judged:
        """Run the variants of a document with n rows and with 2n; raises `FlowFailed`."""
        return await Judging(self._runner, self._planner, document, flow, self._strength).judge()

    async def judge_or_say(self, document: TrustedDocument, flow: Flow | None) -> Judged | Finding:
        """The same, but with a finding instead of an exception if the check fails."""
        try:
            choices_of(document)
            if flow is None:
                problem = "it has no flow: perf/gate/flows.py has to say who asks, and with what"
                return Finding(document.name, problem)
            return await self.judge(document, flow)
        except FlowFailed as failed:
            said = str(failed).removeprefix(f"{document.name}: ")
            return Finding(document.name, said)
        except Exception as error:  # noqa: BLE001 - the other documents are judged all the same
            return Finding(document.name, f"it could not be judged: {_in_a_line(error)}")

    async def judge_fields(self, types: Collection[str] = ()) -> FieldsJudged:
        """Check the fields of all or of these types with generated documents."""
        try:
            return await judge_fields(self._runner, self._planner, types)
        except Exception as error:  # noqa: BLE001 - what the documents are is said all the same
            problem = f"their fields could not be judged: {_in_a_line(error)}"
            return FieldsJudged(0, 0, (Finding("types of the schema", problem),))


@asynccontextmanager
async def open_gate(url: str, folder: Path, strength: int = EACH_TWO) -> AsyncIterator[Gate]:
    """A gate on a database filled by `perf.gate.data`; `folder` is the server's data directory.

    Raises `NotFilled`.
    """
    connection = await asyncpg.connect(url)
    try:
        rows = await sizes(connection)
        if rows.get("chat_messages", 0) < ENOUGH_ROWS:
            raise NotFilled("the database is not one that an earlier gate has filled")
        async with open_runner(url, folder) as runner:
            yield Gate(runner, Planner(connection, rows), strength)
    finally:
        await connection.close()


async def judge_all(
    url: str,
    folder: Path,
    *,
    names: Collection[str] = (),
    strength: int = EACH_TWO,
    judged: Callable[[Judged | Finding], None],
) -> None:
    """Check all or the named documents, reporting each when it is done."""
    async with open_gate(url, folder, strength) as gate:
        for name, document in trusted_documents().items():
            if not names or name in names:
                judged(await gate.judge_or_say(document, FLOWS.get(name)))


async def judge_types(url: str, folder: Path, types: Collection[str] = ()) -> FieldsJudged:
    """Check the fields of all or of these types."""
    async with open_gate(url, folder) as gate:
        return await gate.judge_fields(types)


def _in_a_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ").partition("\n")[0]
