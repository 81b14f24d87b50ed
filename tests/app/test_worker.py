"""Background jobs: all of them are done soon after the start, also those that are rare."""

import asyncio
from pathlib import Path

from app.wiring import open_application
from app.worker import Worker
from services.background.periodic import run_in_background, run_periodically
from tests.fixtures.servers.server import settings_for
from tests.fixtures.stores.postgres import rows_of, run

OLD = """
INSERT INTO idempotency_keys (user_id, key, fingerprint, created_at)
  VALUES (1, 'old', sha256('x'), now() - interval '31 days');
INSERT INTO billing_webhook_events (id, occurred_at, received_at)
  VALUES ('old', now(), now() - interval '31 days');
INSERT INTO general_audit_events (id, actor_kind, action, subject, details, occurred_at)
  VALUES (-1, 'user', 'old', 'erased', '{}', now() - interval '2 years');
"""
LEFT = """
SELECT (SELECT count(*) FROM idempotency_keys WHERE key = 'old')
  + (SELECT count(*) FROM billing_webhook_events WHERE id = 'old')
  + (SELECT count(*) FROM general_audit_events WHERE action = 'old')
"""


async def test_what_is_done_once_an_hour_is_done_at_the_start_too(
    own_world: str, tmp_path: Path
) -> None:
    await run(own_world, OLD)
    settings = settings_for(own_world, tmp_path)
    async with (
        open_application(settings, own_world) as application,
        run_in_background(Worker(application, chance=lambda: 0.0).run()),
        asyncio.timeout(30),
    ):
        while (await rows_of(own_world, LEFT))[0][0]:
            await asyncio.sleep(0.02)


async def test_the_first_run_is_when_it_is_due() -> None:
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    async with run_in_background(
        run_periodically(work, name="once", every_seconds=3_600, first_after_seconds=0)
    ):
        await asyncio.wait_for(done.wait(), 30)
