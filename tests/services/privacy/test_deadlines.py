"""What is owed to people, against the month that the law allows."""

from datetime import timedelta
from pathlib import Path

from prometheus_client import Gauge

from metrics.privacy import DEADLINE_SECONDS, OVERDUE, OWED
from services.privacy.deadlines import measure_deadlines
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import NOW
from tests.services.privacy.privacy_instances import instance

DAY_SECONDS = 86_400.0
GIVEN_UP = "UPDATE user_privacy_requests SET status = 'failed' WHERE id = 10"


def sample(gauge: Gauge, **labels: str) -> float:
    # Not out of the whole registry: while all metrics of the process are collected, the worker of
    # another test's server may measure its own requests.
    (value,) = [one.value for one in next(iter(gauge.collect())).samples if one.labels == labels]
    return value


async def test_what_is_owed_and_how_long_there_is_left(own_world: str, tmp_path: Path) -> None:
    async with instance(own_world, tmp_path) as parts:
        await measure_deadlines(parts.database, lambda: NOW)
        assert sample(OWED, kind="export", status="requested") == 1
        assert sample(OWED, kind="delete", status="requested") == 1
        assert sample(OVERDUE, kind="export") == 0
        # Ada asked on the 31st of January, Grace today.
        assert sample(DEADLINE_SECONDS, kind="export") == 8 * DAY_SECONDS
        assert sample(DEADLINE_SECONDS, kind="delete") == 28 * DAY_SECONDS
        await measure_deadlines(parts.database, lambda: NOW + timedelta(days=9))
        assert sample(OVERDUE, kind="export") == 1
        assert sample(DEADLINE_SECONDS, kind="export") == -DAY_SECONDS


async def test_an_erasure_that_was_given_up_is_owed_and_an_export_is_not(
    own_world: str, tmp_path: Path
) -> None:
    await run(
        own_world, GIVEN_UP, "UPDATE user_privacy_requests SET status = 'failed' WHERE id = 5"
    )
    async with instance(own_world, tmp_path) as parts:
        await measure_deadlines(parts.database, lambda: NOW)
        assert sample(OWED, kind="delete", status="failed") == 1
        assert sample(OWED, kind="export", status="failed") == 0
        assert sample(OWED, kind="export", status="requested") == 0
        assert sample(DEADLINE_SECONDS, kind="export") == float("inf")
