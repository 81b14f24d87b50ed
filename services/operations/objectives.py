"""What operators agree on of clients' documents: how quickly they are to be answered."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TypeAlias

from db.database import Connection, Database, Transaction
from db.queries import document_objectives, document_publications
from services import audit
from services.clock import Clock
from services.operations.records import Objective

Agreed: TypeAlias = Mapping[tuple[str, str], Objective]
"""By client and name of an operation; without a name it holds for all others of the client's."""


async def agreed_objectives(connection: Connection) -> Agreed:
    """Everything that is agreed."""
    return {
        (row["client_name"], row["operation_name"]): Objective(row["p95_ms"], row["p99_ms"])
        for row in await document_objectives.objectives(connection)
    }


class Objectives:
    """Changes what is agreed; each change is an operator's, and has its row in the audit."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def agree(self, client_name: str, operation_name: str, objective: Objective) -> None:
        """Agree how quickly a client's operation is answered; servers know it within a second.

        Without a name it holds for all of the client's that have no objective of their own.
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

    async def take_back(self, client_name: str, operation_name: str) -> bool:
        """Take back what was agreed; False, and no change, where that was nothing."""
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
        """Tell the audit trail."""
        await audit.record(
            transaction,
            audit.OPERATOR,
            "documents.agreed",
            "documents",
            now=self._clock(),
            said={
                "client": client_name,
                "operation": operation_name,
                "objective": None if objective is None else asdict(objective),
            },
        )
