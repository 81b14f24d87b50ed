"""Check that no field of the schema needs more statements for more rows."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from perf.gate.data.callers import operator
from perf.gate.data.restore import restore_searches
from perf.gate.execution.in_process import InProcessRunner
from perf.gate.fields.comparison import DocumentComparer
from perf.gate.fields.coverage import coverage_findings
from perf.gate.fields.documents.entry_points import QueryEntry
from perf.gate.fields.documents.schema import fields, root_of
from perf.gate.fields.entities import entity_findings
from perf.gate.fields.explorer import Explorer
from perf.gate.fields.field_checker import FieldChecker
from perf.gate.fields.mutations import mutation_paths
from perf.gate.fields.single_fields import SingleFieldChecker
from perf.gate.findings import GateFinding
from perf.gate.plans.plan_checker import PlanChecker
from perf.gate.scenarios.scenarios import scenarios

_TYPE = re.compile(r"[. ]")
"""Separates the type's name from the rest."""


@dataclass(frozen=True, slots=True)
class FieldsResult:
    """How many fields were answered in how many documents, and the findings."""

    fields: int
    documents: int
    findings: tuple[GateFinding, ...]


async def check_fields(
    runner: InProcessRunner,
    planner: PlanChecker,
    types: Collection[str] = (),
    *,
    subgraph: InProcessRunner,
) -> FieldsResult:
    """Run every field of the schema, and return the findings for all or for these types.

    What only routers of a supergraph ask is run by `subgraph`.
    """
    await restore_searches(runner)
    comparer = DocumentComparer(runner)
    await comparer.remember_own_arguments()
    check = FieldChecker(comparer, planner)
    callers = dict.fromkeys([*(scenario.principal for scenario in scenarios().values()), operator])
    explorer = Explorer(comparer, [QueryEntry(caller) for caller in callers])
    read = await explorer.explore()
    single = SingleFieldChecker(comparer, check, explorer.paths[root_of("query")], read)
    findings = [one for found in read for one in await check.check(found)]
    findings += await single.check(types or fields().keys())
    if not types or not set(types) <= explorer.paths.keys():
        async for found in mutation_paths(comparer, explorer.paths.keys()):
            findings += [*await check.check(found), *await check.check_each(found)]
    findings += [one async for one in entity_findings(subgraph, comparer.groups, callers)]
    findings += coverage_findings(comparer.answered, explorer.refusals)
    ours = [one for one in findings if not types or _TYPE.split(one.document)[0] in types]
    return FieldsResult(len(comparer.answered), comparer.documents, tuple(ours))
