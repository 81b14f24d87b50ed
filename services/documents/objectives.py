"""Latency objectives that operators set for clients' documents."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TypeAlias

from db.database import Connection, Database, Transaction
from db.queries.documents import document_objectives, document_publications
from services.clock import Clock
from services.documents.records import Objective
from services.mutations import audit

ObjectivesByOperation: TypeAlias = Mapping[tuple[str, str], Objective]
"""By client and operation name; an empty name is the default of the client's other operations."""


async def all_objectives(connection: Connection) -> ObjectivesByOperation:
    """All objectives."""
    return {
        (row["client_name"], row["operation_name"]): Objective(row["p95_ms"], row["p99_ms"])
        for row in await document_objectives.objectives(connection)
    }


class ObjectiveService:
    """Sets and removes objectives, as an operator; each change is recorded in the audit trail."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def set(self, client_name: str, operation_name: str, objective: Objective) -> None:
        """Set the objective of a client's operation; servers apply it within a second.

        With an empty name it is the default of the client's operations without one of their own.
        """
        async with self._database.begin() as transaction:
            await document_publications.next_version(transaction)
            await document_objectives.set_objective(
                transaction,
                client_name,
                operation_name,
                p95_ms=objective.p95_ms,
                p99_ms=objective.p99_ms,
            )
            await self._record(transaction, client_name, operation_name, objective)

    async def remove(self, client_name: str, operation_name: str) -> bool:
        """Remove an objective; False if there was none."""
        async with self._database.begin() as transaction:
            await document_publications.next_version(transaction)
            is_changed = await document_objectives.remove_objective(
                transaction, client_name, operation_name
            )
            if is_changed:
                await self._record(transaction, client_name, operation_name, None)
        return is_changed

    async def _record(
        self,
        transaction: Transaction,
        client_name: str,
        operation_name: str,
        objective: Objective | None,
    ) -> None:
        """Record the audit event."""
        await audit.record(
            transaction,
            audit.OPERATOR,
            "documents.agreed",
            "documents",
            now=self._clock(),
            client_supplied={
                "client": client_name,
                "operation": operation_name,
                "objective": None if objective is None else asdict(objective),
            },
        )
