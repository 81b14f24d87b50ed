"""The gate: documents run on the gate's data, held to their budgets and shown to the planner."""

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
"""How thoroughly: each choice in some variant, or each two choices together."""


class NotFilled(Exception):
    """A database that has too few rows to say anything."""


class Gate:
    """Judges documents, one after the other."""

    def __init__(self, runner: Runner, planner: Planner, strength: int = EACH_TWO) -> None:
        self._runner = runner
        self._planner = planner
        self._strength = strength

    async def judge(self, document: TrustedDocument, flow: Flow) -> Judged:
        """Run a document in its variants for n rows and for 2n; raises `FlowFailed`."""
        return await Judging(self._runner, self._planner, document, flow, self._strength).judge()

    async def judge_or_say(self, document: TrustedDocument, flow: Flow | None) -> Judged | Finding:
        """The same, or in one sentence why it cannot be judged, whatever happens."""
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
        """Judge the fields of all types, or of these, in generated documents."""
        try:
            return await judge_fields(self._runner, self._planner, types)
        except Exception as error:  # noqa: BLE001 - what the documents are is said all the same
            problem = f"their fields could not be judged: {_in_a_line(error)}"
            return FieldsJudged(0, 0, (Finding("types of the schema", problem),))


@asynccontextmanager
async def open_gate(url: str, folder: Path, strength: int = EACH_TWO) -> AsyncIterator[Gate]:
    """A gate on a database that `perf.gate.data` has filled; `folder` keeps what a server does.

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
    """Judge our own documents, or those of these names, and tell of each as it is done."""
    async with open_gate(url, folder, strength) as gate:
        for name, document in trusted_documents().items():
            if not names or name in names:
                judged(await gate.judge_or_say(document, FLOWS.get(name)))


async def judge_types(url: str, folder: Path, types: Collection[str] = ()) -> FieldsJudged:
    """Judge the fields of all types, or of those of these names."""
    async with open_gate(url, folder) as gate:
        return await gate.judge_fields(types)


def _in_a_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ").partition("\n")[0]
