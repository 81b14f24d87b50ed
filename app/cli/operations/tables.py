"""Tables of documents for the terminal."""

from collections.abc import Sequence
from datetime import datetime

from app.cli.tables import table
from db.states import DocumentState
from gql.documents.document_cache import DocumentCache
from gql.documents.registry.built_in import PUBLISHER, built_in_documents
from gql.documents.registry.worst_case_cost import worst_case_cost
from gql.documents.trusted_documents import Budget, trusted_documents
from services.documents.records import ListedDocument, Objective, UnknownDocument
from services.documents.registry import OperationRegistry


async def all_documents(
    registry: OperationRegistry, document_cache: DocumentCache
) -> list[ListedDocument]:
    """Our own documents, and those that clients have published."""
    uses = await registry.uses()
    own = [
        ListedDocument(
            PUBLISHER,
            one.name,
            one.id,
            one.other_ids[0],
            DocumentState.ACTIVE,
            worst_case_cost(document_cache.only_operation(one.text)),
            one.text,
            tuple(uses.get(one.id, ())),
            _agreed(trusted_documents()[one.name].budget),
        )
        for one in built_in_documents()
    ]
    return [*own, *await registry.listed()]


def documents_table(documents: Sequence[ListedDocument]) -> str:
    """A line for each document."""
    return table(
        ("client", "operation", "state", "cost", "p95/p99 ms", "uses", "last used", "id"),
        (
            (
                one.client_name,
                one.name,
                one.state,
                str(one.cost),
                _milliseconds(one.objective),
                str(one.use_count),
                _day(one.last_used_at),
                one.document_id or one.id,
            )
            for one in documents
        ),
    )


def unknown_table(documents: Sequence[UnknownDocument]) -> str:
    """A line for each document and client, most frequent first."""
    return table(
        ("requests", "client", "operation", "cost", "last seen", "id"),
        (
            (
                str(one.count),
                one.client_name,
                one.document.name or "-",
                str(one.document.cost),
                _day(one.last_at),
                one.document.id,
            )
            for one in documents
        ),
    )


def _agreed(budget: Budget) -> Objective:
    return Objective(budget.p95_ms, budget.p99_ms)


def _milliseconds(objective: Objective | None) -> str:
    return "default" if objective is None else f"{objective.p95_ms}/{objective.p99_ms}"


def _day(instant: datetime | None) -> str:
    return "never" if instant is None else instant.date().isoformat()
