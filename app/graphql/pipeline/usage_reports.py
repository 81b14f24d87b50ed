"""Tells a registry which operations ran, in batches, and never in the way of a request.

An operation that has ended is noted by one append. What is noted is sent every ten seconds, one
report at a time; while the registry is away a bounded number waits, and what is more is counted and
dropped.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import time
from typing import Any, NamedTuple

import structlog
from cachetools import LRUCache
from graphql import GraphQLSchema

from app.graphql.pipeline.call import OperationCall
from clients.registry.usage import ReportFailed, UsageClient
from gql.documents.operation import Operation
from gql.documents.registry.usage_record import UsageRecord, usage_record
from metrics.observations import Outcome
from metrics.registry import report_failed, usages_dropped, usages_sent
from services.documents.rules import is_client_name

MOST_PENDING, _MOST_IN_A_REPORT, _MOST_RECORDS = 10_000, 2_000, 1_000
_EVERY_SECONDS, _LAST_SECONDS = 10.0, 2.0
_VERSIONS = (b"graphql-client-version", b"apollographql-client-version")
_LONGEST_VERSION = 100
_log = structlog.get_logger("guidance.registry")


class NotedUsage(NamedTuple):
    """One operation that has ended."""

    operation: Operation
    ended_at: float
    seconds: float
    is_ok: bool
    client: tuple[str, str] | None


class UsageReports:
    """The usage of one process that was not sent yet."""

    def __init__(
        self, schema: GraphQLSchema, client: UsageClient, *, every_seconds: float = _EVERY_SECONDS
    ) -> None:
        self._schema = schema
        self._client = client
        self._every_seconds = every_seconds
        self._pending: list[NotedUsage] = []
        self._dropped = 0
        self._records: LRUCache[int, tuple[Operation, UsageRecord]] = LRUCache(_MOST_RECORDS)

    def note(
        self, operation: Operation, call: OperationCall, seconds: float, outcome: Outcome
    ) -> None:
        """Note an operation that has ended."""
        if len(self._pending) >= MOST_PENDING:
            self._dropped += 1
            return
        is_ok = outcome is Outcome.OK
        self._pending.append(NotedUsage(operation, time(), seconds, is_ok, _client_of(call)))

    async def run(self) -> None:
        """Send what was noted, every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(self._every_seconds)
            await self.send()

    async def send(self) -> None:
        """Send what was noted; stops at a failure, after which the same is tried again."""
        if self._dropped:
            usages_dropped(self._dropped)
            self._dropped = 0
        while self._pending:
            batch = self._pending[:_MOST_IN_A_REPORT]
            report = await asyncio.to_thread(self._report, batch)
            try:
                await self._client.send(report)
            except ReportFailed as failure:
                report_failed()
                _log.warning("a report of usage was not taken", reason=str(failure))
                if not failure.is_final:
                    return
                usages_dropped(len(batch))
            else:
                usages_sent(len(batch))
            del self._pending[: len(batch)]

    # Any: a report is JSON.
    def _report(self, batch: list[NotedUsage]) -> dict[str, Any]:
        """A report in Hive's format."""
        known: dict[str, Any] = {}
        operations, subscriptions = [], []
        for one in batch:
            record = self._record(one.operation)
            known[record.key] = {"operation": record.text, "fields": record.coordinates} | (
                {"operationName": record.name} if record.name else {}
            )
            use: dict[str, Any] = {
                "operationMapKey": record.key,
                "timestamp": round(one.ended_at * 1_000),
            }
            if one.client is not None:
                use["metadata"] = {
                    "client": dict(zip(("name", "version"), one.client, strict=True))
                }
            if one.operation.kind == "subscription":
                subscriptions.append(use)
                continue
            duration = round(one.seconds * 1e9)
            ran = {"ok": one.is_ok, "duration": duration, "errorsTotal": int(not one.is_ok)}
            operations.append(use | {"execution": ran})
        return {
            "size": len(batch),
            "map": known,
            "operations": operations,
            "subscriptionOperations": subscriptions,
        }

    def _record(self, operation: Operation) -> UsageRecord:
        known = self._records.get(id(operation))
        if known is None:
            known = self._records[id(operation)] = (
                operation,
                usage_record(self._schema, operation),
            )
        return known[1]


def _client_of(call: OperationCall) -> tuple[str, str] | None:
    """Name and version that the client gives itself, if they are such."""
    name = call.client_name
    if name is None or not is_client_name(name):
        return None
    given = next((call.fields[one] for one in _VERSIONS if call.fields and one in call.fields), b"")
    version = given.decode("latin-1")[:_LONGEST_VERSION]
    return name, version if version.isprintable() and version else "unknown"


@asynccontextmanager
async def reporting(reports: UsageReports) -> AsyncIterator[UsageReports]:
    """Send reports while the block runs, and once more at its end, for two seconds at most."""
    sending = asyncio.create_task(reports.run())
    try:
        yield reports
    finally:
        sending.cancel()
        await asyncio.wait([sending])
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await reports.send()
