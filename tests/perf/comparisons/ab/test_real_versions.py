"""Two real versions side by side, one slowed down on purpose: minutes, and only when asked for."""

from pathlib import Path

import pytest

from perf.comparisons.ab.interleaving import StopRule
from perf.comparisons.ab.measured_servers import by_documents
from perf.comparisons.ab.rounds import ComparisonPlan, measure
from perf.comparisons.ab.servers import ConfiguredVersion, side_by_side
from perf.comparisons.ab.verdicts import OperationShift, ShiftVerdict, judge
from perf.servers.seeded import THIS_VERSION, Version
from perf.servers.versions import version_of
from tests.perf.planted.planted_source import planted
from tests.perf.planted.slow_documents import slowing, working

QUOTA, PAGE = "Quota", "ConversationsWithMessages"
MINIMUM = 0.1


@pytest.fixture(autouse=True)
def _only_when_asked_for(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--real-versions"):
        pytest.skip("takes minutes: --real-versions")


def compared(b: Version) -> dict[str, OperationShift]:
    plan = ComparisonPlan((QUOTA, PAGE), StopRule(MINIMUM, seconds=240))
    with side_by_side(ConfiguredVersion(THIS_VERSION), ConfiguredVersion(b)) as (left, right):
        measured = measure(by_documents(left), by_documents(right), plan)
    return {one.name: one for one in judge(measured, minimum=MINIMUM)}


def test_a_version_that_is_a_fifth_slower_is_caught_and_named(tmp_path: Path) -> None:
    slowed = planted(tmp_path, slowing(PAGE, working(0.25)))
    with version_of(str(slowed.folder)) as slower:
        found = compared(slower)
    assert found[PAGE].change is ShiftVerdict.SLOWER
    assert 0.5 in {one.probability for one in found[PAGE].changed(ShiftVerdict.SLOWER)}
    assert any(f"the server's work around {PAGE} takes" in one for one in found[PAGE].why)
    assert found[QUOTA].change not in {ShiftVerdict.SLOWER, ShiftVerdict.FASTER}


def test_the_same_version_twice_is_not_called_different() -> None:
    found = compared(THIS_VERSION)
    assert not {one.change for one in found.values()} & {ShiftVerdict.SLOWER, ShiftVerdict.FASTER}
