"""The background jobs; any number of processes may run them at the same time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from random import SystemRandom
from typing import TypeAlias

from app.wiring import Application
from services.background.periodic import run_in_background, run_periodically
from services.billing.provider_events import delete_old_events
from services.billing.reconciliation import reconcile_charges, reconcile_refunds
from services.documents.registry import delete_old_unknown_documents
from services.generation.recovery import RUNS_PER_LEASE, Recovery
from services.metered.service import delete_old_texts
from services.mutations.idempotency import delete_expired_keys
from services.privacy.deadlines import measure_deadlines
from services.privacy.retention import delete_expired_rows
from services.search.indexing import MessageIndexer

Job: TypeAlias = Callable[[], Coroutine[object, None, None]]

_random = SystemRandom().random
_PAYMENTS_AT_ONCE = 4
"""So many, so that one slow answer of the payment provider delays no other charge."""
_DEADLINES_EVERY_SECONDS = 30
_HOUR_SECONDS = 3_600
_DAY_SECONDS = 86_400
_RECONCILED = timedelta(days=3)
"""How long ago a charge was begun that is compared: as long as the provider repeats webhooks."""
_FIRST_WITHIN_SECONDS = 10.0
"""The latest first run of a rare job, so that short-lived processes run it too.

The time is random, so that processes that start together do not contend for the same rows.
"""


class Worker:
    """Runs the jobs of one process, each of which may run concurrently with itself elsewhere.

    `chance` gives a random number from 0 to 1.
    """

    def __init__(self, application: Application, *, chance: Callable[[], float] = _random) -> None:
        self._application = application
        self._database = application.database.in_background()
        self._random = chance

    async def run(self) -> None:
        """Run the jobs until cancelled."""
        settings = self._application.settings
        lease_seconds, often = settings.chat_reply_lease_seconds, settings.worker_every_seconds
        jobs: list[tuple[str, Job, float]] = [
            *(
                (name, _recovery_job(one), lease_seconds / RUNS_PER_LEASE)
                for name, one in self._application.chat.recoveries.items()
            ),
            *(("finish_payments", self._finish_payments, often),) * _PAYMENTS_AT_ONCE,
            ("index_messages", self._index_messages, often),
            ("renew_subscriptions", self._renew_subscriptions, often),
            ("give_up_payments", self._give_up_payments, often),
            ("send_meter_events", self._send_meter_events, often),
            ("collect_from_companies", self._collect_from_companies, often),
            ("close_months", self._close_months, _HOUR_SECONDS),
            ("reconcile_payments", self._reconcile_payments, _DAY_SECONDS),
            ("export", self._export, often),
            ("erase", self._erase, often),
            ("measure_deadlines", self._measure_deadlines, _DEADLINES_EVERY_SECONDS),
            ("remove_expired_exports", self._remove_expired_exports, _HOUR_SECONDS),
            ("delete_old_rows", self._delete_old_rows, _HOUR_SECONDS),
            ("delete_expired_rows", self._delete_anonymised_rows, _HOUR_SECONDS),
        ]
        async with asyncio.TaskGroup() as group:
            for name, job, every_seconds in jobs:
                first = self._random() * min(every_seconds, _FIRST_WITHIN_SECONDS)
                group.create_task(
                    run_periodically(
                        job, name=name, every_seconds=every_seconds, first_after_seconds=first
                    )
                )

    async def _finish_payments(self) -> None:
        await self._application.billing.charging.finish_overdue()

    async def _index_messages(self) -> None:
        share = self._application.settings.worker_indexing_share
        await MessageIndexer(self._database).index_all(share=share)

    async def _renew_subscriptions(self) -> None:
        await self._application.billing.renewals.run_due()

    async def _give_up_payments(self) -> None:
        await self._application.billing.charging.give_up_expired()

    async def _send_meter_events(self) -> None:
        await self._application.companies.sender.send_due()

    async def _collect_from_companies(self) -> None:
        await self._application.companies.collection.collect_due()

    async def _close_months(self) -> None:
        await self._application.companies.months.close_due()

    async def _reconcile_payments(self) -> None:
        billing, clock = self._application.billing, self._application.clock
        await reconcile_charges(billing.provider, billing.events, since=_RECONCILED, clock=clock)
        await reconcile_refunds(billing.provider, billing.events, clock=clock)
        await self._application.companies.sender.reconcile()

    async def _export(self) -> None:
        privacy = self._application.privacy
        await privacy.runner.run_due(privacy.exporting)

    async def _erase(self) -> None:
        privacy = self._application.privacy
        await privacy.runner.run_due(privacy.erasing)

    async def _measure_deadlines(self) -> None:
        await measure_deadlines(self._database, self._application.clock)

    async def _remove_expired_exports(self) -> None:
        await self._application.privacy.exporting.remove_expired()

    async def _delete_old_rows(self) -> None:
        now = self._application.clock()
        async with self._database.read_primary() as connection:
            await delete_expired_keys(connection, now)
            await delete_old_texts(connection, now)
            await delete_old_events(connection, now)
            await delete_old_unknown_documents(connection, now)

    async def _delete_anonymised_rows(self) -> None:
        await delete_expired_rows(self._database, self._application.clock())


def _recovery_job(recovery: Recovery) -> Job:
    async def recover() -> None:
        await recovery.run()

    return recover


@asynccontextmanager
async def running_worker(application: Application) -> AsyncIterator[None]:
    """Run the background jobs while the block runs."""
    async with run_in_background(Worker(application).run()):
        yield
