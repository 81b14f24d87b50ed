"""Merge the findings of several variants by what these variants have in common."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import TypeAlias

from gql.documents.budgets.variants import Kinds, describe_variant
from perf.gate.findings import STATEMENTS, GateFinding

VariantFinding: TypeAlias = tuple[Kinds, GateFinding]

_NUMBER = re.compile(r"\d+")


def merge_findings(
    found: Sequence[VariantFinding], groups: Sequence[Sequence[Kinds]], usual: Kinds
) -> list[GateFinding]:
    """Each problem once, with its largest numbers and the choices that cause it.

    `groups` groups all variants tried by whether they were answered or refused.
    """
    by_problem: dict[GateFinding, list[VariantFinding]] = {}
    for kinds, finding in found:
        same = replace(finding, problem=_NUMBER.sub("#", finding.problem), statement=None)
        by_problem.setdefault(same, []).append((kinds, finding))
    merged: list[GateFinding] = []
    for several in by_problem.values():
        faulty, findings = [kinds for kinds, _ in several], [finding for _, finding in several]
        tried = [
            one for group in groups if any(kinds in group for kinds in faulty) for one in group
        ]
        merged.append(
            replace(
                max(findings, key=_numbers),
                statement=_statements([one.statement for one in findings]),
                variant=_in_common(faulty, tried, usual),
            )
        )
    return merged


def _numbers(finding: GateFinding) -> list[int]:
    return [int(number) for number in _NUMBER.findall(finding.problem)]


def _statements(several: Sequence[str | None]) -> str | None:
    """The statements common to all findings; if there are none, those of the first."""
    split = [dict.fromkeys((one or "").split(STATEMENTS)) for one in several]
    always = [one for one in split[0] if all(one in other for other in split)]
    return STATEMENTS.join(always) or several[0]


def _in_common(faulty: Sequence[Kinds], tried: Sequence[Kinds], usual: Kinds) -> str:
    """What only faulty variants have: a choice, a pair, one with an exception; else the first."""
    others = [one for one in tried if one not in faulty]
    if not others:
        return ""
    choices = [one for name in faulty[0] if (one := _choice(name, faulty, others))]
    # A choice among usual and unusual kinds explains nothing.
    explaining = [one for one in choices if len(one[1]) == 1 or usual.get(one[0]) not in one[1]]
    if explaining:
        name, kinds = min(explaining, key=lambda one: (usual.get(one[0]) in one[1], len(one[1])))
        return f"{name}: {' or '.join(kinds)}"
    if usual in faulty:
        return ""
    unusual = _unusual(faulty[0], usual)
    items = [item for item in unusual.items() if all(item in one.items() for one in faulty)]
    for chosen in combinations(items, 2):
        if not any(dict(chosen).items() <= dict(one).items() for one in others):
            return describe_variant(dict(chosen))
    for name in faulty[0]:
        if excepted := _with_exception(name, faulty, others, usual):
            return excepted
    first = describe_variant(unusual)
    return first if len(faulty) == 1 else f"{first}; and {len(faulty) - 1} others"


def _choice(
    name: str, faulty: Sequence[Kinds], others: Sequence[Kinds]
) -> tuple[str, tuple[str, ...]] | None:
    """The kinds that the faulty variants have for a name, if no other variant has them."""
    kinds = dict.fromkeys(one.get(name, "") for one in faulty)
    if "" in kinds or any(one.get(name) in kinds for one in others):
        return None
    return name, tuple(kinds)


def _with_exception(
    name: str, faulty: Sequence[Kinds], others: Sequence[Kinds], usual: Kinds
) -> str | None:
    """The unusual kinds that all faulty variants have, and the choice of all others that do."""
    kinds = dict.fromkeys(one.get(name, "") for one in faulty)
    if "" in kinds or usual.get(name) in kinds:
        return None
    spared = [one for one in others if one.get(name) in kinds]
    for choice, kind in spared[0].items():
        if all(one.get(choice) == kind for one in spared) and not any(
            one.get(choice) == kind for one in faulty
        ):
            return f"{name}: {' or '.join(kinds)}, except {choice}: {kind}"
    return None


def _unusual(kinds: Kinds, usual: Kinds) -> Kinds:
    return {name: kind for name, kind in kinds.items() if usual.get(name) != kind}
