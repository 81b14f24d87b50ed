"""Findings of several variants are one, with what the faulty ones have and no other has."""

import pytest

from gql.documents.budgets.variants import Kinds
from perf.gate.findings import GateFinding
from perf.gate.variants.merged_findings import merge_findings

USUAL: Kinds = {"id": "given", "key": "given"}
TRIED: list[Kinds] = [
    {"id": one, "key": key}
    for one in ("given", "absent", "null")
    for key in ("given", "longest", "repeated")
]


@pytest.mark.parametrize(
    ("faulty", "named"),
    [
        (bool, ""),
        (lambda one: one["id"] == "absent", "id: absent"),
        (lambda one: one["id"] != "given", "id: absent or null"),
        (
            lambda one: one["id"] != "given" and one["key"] != "repeated",
            "id: absent or null, except key: repeated",
        ),
        (lambda one: one == {"id": "null", "key": "longest"}, "id: null, key: longest"),
    ],
)
def test_what_faulty_variants_have_in_common(faulty: object, named: str) -> None:
    assert callable(faulty)
    found = [
        (one, GateFinding("Send", f"{2 + number} statements"))
        for number, one in enumerate(TRIED)
        if faulty(one)
    ]
    (merged,) = merge_findings(found, [TRIED], USUAL)
    assert (merged.variant, merged.problem) == (named, found[-1][1].problem)
