"""Check that no field of the schema needs more statements for more rows."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from perf.gate.callers import operator
from perf.gate.fields.changing import changes
from perf.gate.fields.comparing import Comparer
from perf.gate.fields.exploring import Explorer
from perf.gate.fields.judging import Judge
from perf.gate.fields.origins import Reading
from perf.gate.fields.schema import fields, root_of
from perf.gate.fields.single_fields import SingleFields
from perf.gate.fields.unreached import unreached
from perf.gate.findings import Finding
from perf.gate.flows import FLOWS
from perf.gate.planner import Planner
from perf.gate.running import Runner

_TYPE = re.compile(r"[. ]")
"""Separates the type's name from the rest."""


@dataclass(frozen=True, slots=True)
class FieldsJudged:
    """How many fields were answered in how many documents, and the findings."""

    fields: int
    documents: int
    findings: tuple[Finding, ...]


async def judge_fields(
    runner: Runner, planner: Planner, types: Collection[str] = ()
) -> FieldsJudged:
    """Run every field of the schema, and return the findings for all or for these types."""
    comparer = Comparer(runner)
    judge = Judge(comparer, planner)
    callers = dict.fromkeys([*(flow.principal for flow in FLOWS.values()), operator])
    explorer = Explorer(comparer, [Reading(caller) for caller in callers])
    read = await explorer.explore()
    single = SingleFields(comparer, judge, explorer.places[root_of("query")], read)
    findings = [one for found in read for one in await judge.judge(found)]
    findings += await single.judge(types or fields().keys())
    if not types or not set(types) <= explorer.places.keys():
        async for found in changes(comparer, explorer.places.keys()):
            findings += [*await judge.judge(found), *await judge.judge_each(found)]
    findings += unreached(comparer.answered, explorer.refusals)
    ours = [one for one in findings if not types or _TYPE.split(one.document)[0] in types]
    return FieldsJudged(len(comparer.answered), comparer.documents, tuple(ours))
