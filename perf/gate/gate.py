"""The gate: documents run on the gate's data, held to their budgets and shown to the planner."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from gql.operations.budgets import TrustedDocument, trusted_documents
from perf.gate.callers import FEW, TWICE_AS_MANY
from perf.gate.fields.judged import FieldsJudged, judge_fields
from perf.gate.findings import Finding, growing, over_budget
from perf.gate.flows import FLOWS, Asking, Flow
from perf.gate.planner import Planner
from perf.gate.plans import sizes
from perf.gate.running import Runner, Taken, open_runner


@dataclass(frozen=True, slots=True)
class Judged:
    """What a document took for the larger of the callers, and what is wrong with it."""

    document: TrustedDocument
    taken: Taken
    findings: tuple[Finding, ...]


class Gate:
    """Judges documents, one after the other."""

    def __init__(self, runner: Runner, planner: Planner) -> None:
        self._runner = runner
        self._planner = planner

    async def judge(self, document: TrustedDocument, flow: Flow) -> Judged:
        """Run a document for n rows and for 2n; raises `FlowFailed`."""
        few = await Asking(self._runner, FEW).take(document, flow)
        taken = await Asking(self._runner, TWICE_AS_MANY).take(document, flow)
        findings = (
            *over_budget(document.name, taken, document.budget),
            *growing(document.name, few, taken),
            *await self._planner.findings(document.name, taken),
        )
        return Judged(document, taken, findings)

    async def judge_fields(self, types: Collection[str] = ()) -> FieldsJudged:
        """Judge the fields of all types, or of these, in generated documents."""
        return await judge_fields(self._runner, self._planner, types)


@asynccontextmanager
async def open_gate(url: str, folder: Path) -> AsyncIterator[Gate]:
    """A gate on a database that `perf.gate.data` has filled; `folder` keeps what a server does."""
    connection = await asyncpg.connect(url)
    try:
        async with open_runner(url, folder) as runner:
            yield Gate(runner, Planner(connection, await sizes(connection)))
    finally:
        await connection.close()


async def judge_all(
    url: str,
    folder: Path,
    *,
    names: Collection[str] = (),
    types: Collection[str] = (),
    judged: Callable[[Judged], None],
    fields_judged: Callable[[FieldsJudged], None],
) -> None:
    """Judge our own documents, or those of these names, and tell of each as it is done.

    After them the fields of all types, or of those of these names.
    """
    async with open_gate(url, folder) as gate:
        for name, document in trusted_documents().items():
            if name in names or not (names or types):
                judged(await gate.judge(document, FLOWS[name]))
        if types or not names:
            fields_judged(await gate.judge_fields(types))
