"""The operations that agents may call as tools, as operators mark them for clients."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TypeAlias

from db.database import Connection, Database, Transaction
from db.queries.documents import document_publications, document_tools
from services.clock import Clock
from services.documents.records import ToolLimits
from services.mutations import audit

ToolsByOperation: TypeAlias = Mapping[tuple[str, str], ToolLimits]
"""By client and operation name."""


async def all_tools(connection: Connection) -> ToolsByOperation:
    """All operations that are tools."""
    return {
        (row["client_name"], row["operation_name"]): ToolLimits(
            **{name: row[name] for name in document_tools.LIMITS}
        )
        for row in await document_tools.tools(connection)
    }


async def mark_tool(
    transaction: Transaction,
    client_name: str,
    operation_name: str,
    limits: ToolLimits,
    *,
    now: datetime,
) -> None:
    """Make a client's operation a tool, or change its limits; the caller changes the version."""
    if await document_tools.set_tool(transaction, client_name, operation_name, asdict(limits)):
        await _record(transaction, client_name, operation_name, limits, now)


class ToolService:
    """Marks operations as tools, and takes the marks back; each change is in the audit trail."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def set(self, client_name: str, operation_name: str, limits: ToolLimits) -> None:
        """Make a client's operation a tool, within a second, or change its limits."""
        async with self._database.begin() as transaction:
            await document_publications.next_version(transaction)
            await mark_tool(transaction, client_name, operation_name, limits, now=self._clock())

    async def remove(self, client_name: str, operation_name: str) -> bool:
        """Make an operation no tool any more; False if it was none."""
        async with self._database.begin() as transaction:
            await document_publications.next_version(transaction)
            is_changed = await document_tools.remove_tool(transaction, client_name, operation_name)
            if is_changed:
                await _record(transaction, client_name, operation_name, None, self._clock())
        return is_changed


async def _record(
    transaction: Transaction,
    client_name: str,
    operation_name: str,
    limits: ToolLimits | None,
    now: datetime,
) -> None:
    """Record the audit event."""
    await audit.record(
        transaction,
        audit.OPERATOR,
        "documents.tool",
        "documents",
        now=now,
        client_supplied={
            "client": client_name,
            "operation": operation_name,
            "limits": None if limits is None else asdict(limits),
        },
    )
