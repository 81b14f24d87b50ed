"""The benchmark of guidance measures a whole call, and one of which nothing is kept."""

import asyncio
from pathlib import Path

from perf.benchmarks.suites.limits.guidance import Works, report_guidance
from services.callers.principal import ApiClient
from tests.fixtures.servers.server import issue_key, settings_for
from tests.fixtures.stores.world import GRACES_COMPANY
from tests.perf.dataset.queries import counts, fetch

KEPT = ("enterprise_generations", "enterprise_idempotency_keys")


def test_what_is_not_metered_is_answered_and_leaves_nothing(own_world: str, tmp_path: Path) -> None:
    issue_key(own_world, GRACES_COMPANY)
    (key,) = fetch(own_world, "SELECT max(id) AS id FROM enterprise_credentials")
    client = ApiClient(account_id=GRACES_COMPANY, credential_id=key["id"])
    settings = settings_for(own_world, tmp_path, serve_runs_worker=False)
    before, grown = counts(own_world), {}

    async def once(works: Works) -> None:
        for name, work in works.items():
            await work()
            now = await asyncio.to_thread(counts, own_world)
            grown[name] = {table: now[table] - before[table] for table in KEPT}

    asyncio.run(report_guidance(settings, own_world, client, once))
    assert grown == {
        "the model by itself": dict.fromkeys(KEPT, 0),
        "generateGuidance without metering": dict.fromkeys(KEPT, 0),
        "generateGuidance": dict.fromkeys(KEPT, 1),
    }
