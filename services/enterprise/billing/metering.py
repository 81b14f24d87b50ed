"""Sending events of metered overage to the provider, each until it is taken, and once.

An event has the call's id. It is marked as sent before the provider is asked, so that what a killed
process has sent is known. The provider knows an id for a day: until then an event without an answer
is sent again, and after that it is reconciled by what the provider has counted.
"""

from datetime import datetime, timedelta

import structlog

from clients.payments.provider import (
    PaymentProviderRefused,
    PaymentProviderUnavailable,
    UsageMeter,
)
from clients.payments.records import UsageEvent
from clients.payments.usage_window import IDENTIFIER_MEMORY
from db.database import Database, Transaction
from db.queries.enterprise import meter_events
from db.row import Row
from db.states import MeterEventStatus
from services.clock import Clock
from services.enterprise.billing.rules import SentEvent, SettledDay, settle_day

SENT_AGAIN_FOR = IDENTIFIER_MEMORY - timedelta(hours=1)
"""How long an event without an answer is sent again: well within the provider's memory."""
RECONCILED_AFTER = IDENTIFIER_MEMORY + timedelta(hours=1)
AGAIN_AFTER = timedelta(minutes=2)
"""How long a claim lasts: longer than the provider may take for an event."""
_BATCH = 20
_log = structlog.get_logger("guidance.billing")


class MeterEventSender:
    """Sends the events of all companies; any number of processes may do it at once."""

    def __init__(self, database: Database, meter: UsageMeter, *, clock: Clock) -> None:
        self._database = database
        self._meter = meter
        self._clock = clock

    async def send_due(self) -> int:
        """Send what is due, and return how many events were taken."""
        taken = 0
        while events := await self._claim():
            answers = [await self._send(event) for event in events]
            taken += sum(answers)
            if not any(answers):
                break
        return taken

    async def reconcile(self) -> int:
        """Settle the events whose fate is unknown for too long; how many have been settled."""
        sent_until = self._clock() - RECONCILED_AFTER
        async with self._database.read_primary() as connection:
            days = await meter_events.unknown_days(connection, sent_until)
        return sum([await self._reconcile_day(day) for day in days])

    async def _claim(self) -> list[Row]:
        now = self._clock()
        async with self._database.read_primary() as connection:
            return await meter_events.claim(
                connection,
                now=now,
                sent_after=now - SENT_AGAIN_FOR,
                again_at=now + AGAIN_AFTER,
                most=_BATCH,
            )

    async def _send(self, event: Row) -> bool:
        account_id, generation_id = event["enterprise_account_id"], event["generation_id"]
        usage = UsageEvent(
            identifier=f"call-{account_id}-{generation_id}",
            customer=event["customer"],
            quantity=1,
            occurred_at=event["occurred_at"],
        )
        try:
            await self._meter.report(usage)
        except PaymentProviderUnavailable as error:
            _log.warning("an event of use was not answered", use=usage.identifier, why=str(error))
            return False
        except PaymentProviderRefused:
            _log.exception("the payment provider refuses an event", use=usage.identifier)
            return False
        async with self._database.read_primary() as connection:
            await meter_events.take(connection, account_id, [generation_id], self._clock())
        return True

    async def _reconcile_day(self, day: Row) -> int:
        """Compare what the provider has counted of a company's day with what it has answered."""
        account_id, start = day["enterprise_account_id"], day["day"]
        end = start + timedelta(days=1)
        counted = await self._meter.reported(day["customer"], start, end)
        async with self._database.begin() as transaction:
            rows = await meter_events.of_day(transaction, account_id, start, end)
            now = self._clock()
            settled = settle_day(
                list(map(_sent, rows)), counted, now=now, unknown_after=RECONCILED_AFTER
            )
            if settled is None:
                return 0
            await self._store(transaction, account_id, settled, now)
        return len(settled.taken) + len(settled.not_taken)

    @staticmethod
    async def _store(
        transaction: Transaction,
        account_id: int,
        settled: SettledDay,
        now: datetime,
    ) -> None:
        await meter_events.take(transaction, account_id, settled.taken, now)
        await meter_events.send_anew(transaction, account_id, settled.not_taken, now)


def _sent(row: Row) -> SentEvent:
    return SentEvent(
        row["generation_id"],
        MeterEventStatus(row["status"]),
        row["first_sent_at"],
        row["taken_at"],
    )
