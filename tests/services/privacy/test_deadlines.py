"""What is owed to people, against the month that the law allows."""

from datetime import timedelta
from pathlib import Path

from prometheus_client import REGISTRY

from services.privacy.deadlines import measure_deadlines
from tests.fixtures.postgres import run
from tests.fixtures.world import NOW
from tests.services.privacy.privacy_instances import instance

DAY_SECONDS = 86_400.0
GIVEN_UP = "UPDATE user_privacy_requests SET status = 'failed' WHERE id = 10"


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"guidance_privacy_{name}", labels)


async def test_what_is_owed_and_how_long_there_is_left(own_world: str, tmp_path: Path) -> None:
    async with instance(own_world, tmp_path) as parts:
        await measure_deadlines(parts.database, lambda: NOW)
        assert sample("requests_owed", kind="export", status="requested") == 1
        assert sample("requests_owed", kind="delete", status="requested") == 1
        assert sample("requests_overdue", kind="export") == 0
        # Ada asked on the 31st of January, Grace today.
        assert sample("deadline_seconds", kind="export") == 8 * DAY_SECONDS
        assert sample("deadline_seconds", kind="delete") == 28 * DAY_SECONDS
        await measure_deadlines(parts.database, lambda: NOW + timedelta(days=9))
        assert sample("requests_overdue", kind="export") == 1
        assert sample("deadline_seconds", kind="export") == -DAY_SECONDS


async def test_an_erasure_that_was_given_up_is_owed_and_an_export_is_not(
    own_world: str, tmp_path: Path
) -> None:
    await run(
        own_world, GIVEN_UP, "UPDATE user_privacy_requests SET status = 'failed' WHERE id = 5"
    )
    async with instance(own_world, tmp_path) as parts:
        await measure_deadlines(parts.database, lambda: NOW)
        assert sample("requests_owed", kind="delete", status="failed") == 1
        assert sample("requests_owed", kind="export", status="failed") == 0
        assert sample("requests_owed", kind="export", status="requested") == 0
        assert sample("deadline_seconds", kind="export") == float("inf")
