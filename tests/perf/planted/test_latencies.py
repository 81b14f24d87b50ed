"""Latencies that a comparison of means passes over, planted, and named by `guidance perf ab`."""

from pathlib import Path

import pytest

from perf.counting.counter import NOT_COUNTED, is_counted_here
from perf.servers.host import ROOT
from tests.perf.planted.planted_source import Edit, Ran, assert_caught, planted
from tests.perf.planted.slow_documents import slowing, working

DOCUMENT = "ConversationsWithMessages"
FAULTS = {
    "a tail of 8% at four times": (
        "await asyncio.sleep(3 * took * (__import__('random').random() < 0.08))",
        "p95 ",
    ),
    "a fifth of everything": (working(0.25), "p50 "),
    "a tenth of the median": (working(0.15), "p50 "),
}
EACH_TENTH_CALL = (
    Edit("gql/resolvers/query.py", "import strawberry\n", "import strawberry\nimport asyncio\n"),
    Edit(
        "gql/resolvers/query.py",
        "    def plans(self, info: Info) "
        "-> Sourced[list[Plan], LoaderFuture[tuple[PlanRecord, ...]]]:\n"
        "        return info.context.loaders.plans_on_sale.start(ALL_PLANS)\n",
        "    async def plans(self, info: Info) -> list[Plan]:\n"
        "        calls = Query.calls = getattr(Query, 'calls', 0) + 1\n"
        "        await asyncio.sleep(0.025 * (calls % 10 == 0))\n"
        "        return await info.context.loaders.plans_on_sale.load(ALL_PLANS)\n",
    ),
)
pytestmark = pytest.mark.planted


def compared(folder: Path, *fault: Edit, document: str = DOCUMENT) -> Ran:
    source = planted(folder, *fault)
    requested = ("--operation", document, "--operation", "Quota", "--minutes", "4")
    return source.guidance("perf", "ab", "--a", ROOT, "--b", folder, *requested)


def test_no_fault_is_found_where_none_is_planted(tmp_path: Path) -> None:
    """On a noisy machine it may be that nothing can be detected, which is reported."""
    ran = compared(tmp_path)
    assert ran.status in {0, 12}, ran.output
    assert " is slower: " not in ran.output
    same = "Function calls and fetched bytes are the same in all of 2 documents."
    assert (same if is_counted_here() else NOT_COUNTED) in ran.output


def test_what_a_resolver_does_in_each_tenth_call_is_named(tmp_path: Path) -> None:
    ran = compared(tmp_path, *EACH_TENTH_CALL, document="Plans")
    assert_caught(ran, "Plans is slower: ")
    (said,) = (line for line in ran.output.splitlines() if line.startswith("Plans is slower"))
    # What is asked after a pause of 25 ms is a little slower too, and is named as well.
    assert "p95 " in said


def test_what_only_the_slowest_requests_take_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    planted(
        folder,
        slowing("Quota", "await asyncio.sleep(0.1 * (__import__('random').random() < 0.02))"),
    )
    asked = ("--operation", "Quota", "--p99", "--minutes", "3", "--out", tmp_path / "out")
    ran = planted(tmp_path / "a").guidance("perf", "ab", "--a", ROOT, "--b", folder, *asked)
    assert_caught(ran, "Quota is slower: p99 ")


@pytest.mark.parametrize("name", FAULTS)
def test_a_slower_quantile_is_named(name: str, tmp_path: Path) -> None:
    fault, quantile = FAULTS[name]
    ran = compared(tmp_path, slowing(DOCUMENT, fault))
    assert_caught(ran, f"{DOCUMENT} is slower: ")
    (said,) = (line for line in ran.output.splitlines() if line.startswith(f"{DOCUMENT} is slower"))
    assert quantile in said
