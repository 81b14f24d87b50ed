"""The registry of trusted documents: publishing them, changing their state, listing them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from db.database import Connection, Database, Transaction
from db.queries.documents import document_publications, document_use
from db.row import Row
from db.states import DocumentState
from services.clock import Clock
from services.documents.identifiers import digest_of, id_of, is_hash
from services.documents.objectives import ObjectivesByOperation, all_objectives
from services.documents.records import (
    DocumentUsage,
    ListedDocument,
    NormalizedDocument,
    RegisteredDocument,
    Submission,
    ToolLimits,
    UnknownDocument,
)
from services.documents.rules import least, objective_of, strictest
from services.documents.tools import all_tools, mark_tool
from services.mutations import audit

_UNKNOWN_RETENTION = timedelta(days=30)


class DocumentIdTaken(Exception):
    """The custom id of a document already belongs to another document."""


@dataclass(frozen=True, slots=True)
class Published:
    """How many documents are new to the client, active again, and unchanged."""

    new: int
    reactivated: int
    unchanged: int


class OperationRegistry:
    """Reads and changes the registry; changes run one after the other, each in a transaction.

    Changes are made by operators, and each is recorded in the audit trail.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def version(self) -> int:
        """A number that differs after each change."""
        async with self._database.read_primary() as connection:
            return await document_publications.version(connection)

    async def served(self, known: Mapping[str, str]) -> list[RegisteredDocument]:
        """Every document that is not retired; texts in `known`, by id, are not read again."""
        async with self._database.read_primary() as connection:
            rows = await document_publications.served(connection)
            objectives = await all_objectives(connection)
            tools = await all_tools(connection)
            missing = {row["sha256"] for row in rows if id_of(row["sha256"]) not in known}
            bodies = (
                await document_publications.bodies(connection, list(missing)) if missing else []
            )
        texts = {id_of(row["sha256"]): row["body"] for row in bodies}
        by_id: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_id[id_of(row["sha256"])].append(row)
        # By age, so that of the documents of one name a client's last one stays.
        newest = {
            (row["client_name"], row["operation_name"]): row["sha256"]
            for row in rows
            if row["state"] == DocumentState.ACTIVE
        }
        return [
            replace(
                _registered(id_, known.get(id_) or texts[id_], found, objectives),
                tool=least(
                    tools.get(key) for row in found if newest.get(key := _key(row)) == row["sha256"]
                ),
            )
            for id_, found in by_id.items()
        ]

    async def tools_of(self, client_name: str) -> Mapping[str, ToolLimits]:
        """The tools of a client by the names of their operations."""
        async with self._database.read_primary() as connection:
            tools = await all_tools(connection)
        return {name: one for (client, name), one in tools.items() if client == client_name}

    async def publish(self, client_name: str, submissions: Sequence[Submission]) -> Published:
        """Publish documents for the client, all or none; raises `DocumentIdTaken`.

        Publishing again changes nothing, except that a deprecated or retired document becomes
        active.
        """
        async with self._database.begin() as transaction:
            await document_publications.next_version(transaction)
            return await self._publish(transaction, client_name, submissions, "published")

    async def _publish(
        self,
        transaction: Transaction,
        client_name: str,
        submissions: Sequence[Submission],
        action: str,
    ) -> Published:
        await _check_ids(transaction, submissions)
        hashes = [digest_of(one.id) for one in submissions]
        existing = {
            row["sha256"]: (row["state"], row["document_id"])
            for row in await document_publications.of_client(transaction, client_name, hashes)
        }
        unchanged = [
            existing.get(digest) == (DocumentState.ACTIVE, one.document_id)
            for digest, one in zip(hashes, submissions, strict=True)
        ]
        changed = [
            one
            for one, is_unchanged in zip(submissions, unchanged, strict=True)
            if not is_unchanged
        ]
        await document_publications.save_documents(
            transaction, hashes, [one.text for one in submissions]
        )
        await document_publications.publish(
            transaction,
            client_name,
            self._clock(),
            hashes=[digest_of(one.id) for one in changed],
            operation_names=[one.name for one in changed],
            document_ids=[one.document_id for one in changed],
            costs=[one.cost for one in changed],
        )
        await self._record(transaction, client_name, action, [one.id for one in changed])
        for one in submissions:
            if one.tool is not None:
                await mark_tool(transaction, client_name, one.name, one.tool, now=self._clock())
        reactivated = sum(state != DocumentState.ACTIVE for state, _ in existing.values())
        return Published(len(submissions) - len(existing), reactivated, len(existing) - reactivated)

    async def change_state(
        self, client_name: str, identifier: str, state: DocumentState
    ) -> list[tuple[str, str]]:
        """Change the state of the client's documents with this hash, custom id or operation name.

        Returns the names and ids of those whose state changed.
        """
        async with self._database.begin() as transaction:
            await document_publications.next_version(transaction)
            rows = await document_publications.change_state(
                transaction,
                client_name,
                self._clock(),
                sha256=digest_of(identifier) if is_hash(identifier) else None,
                named=identifier,
                new_state=state,
            )
            changed = sorted((row["operation_name"], id_of(row["sha256"])) for row in rows)
            await self._record(transaction, client_name, state, [id_ for _, id_ in changed])
        return changed

    async def promote(self, client_name: str, document: NormalizedDocument, name: str) -> None:
        """Publish an unknown document, for a client and under a name."""
        async with self._database.begin() as transaction:
            await document_publications.next_version(transaction)
            submission = Submission(document.id, name, document.text, document.cost)
            await self._publish(transaction, client_name, [submission], "promoted")
            await document_use.known_now(transaction, digest_of(document.id))

    async def _record(
        self, transaction: Transaction, client_name: str, action: str, ids: Sequence[str]
    ) -> None:
        """Record the audit event, if anything was changed."""
        if ids:
            await audit.record(
                transaction,
                audit.OPERATOR,
                f"documents.{action}",
                "documents",
                now=self._clock(),
                client_supplied={"client": client_name, "documents": list(ids)},
            )

    async def unknown(self) -> list[UnknownDocument]:
        """The documents that clients sent and nobody published, most frequent first."""
        async with self._database.read_primary() as connection:
            rows = await document_use.unknown(connection)
        return [
            UnknownDocument(
                NormalizedDocument(
                    id_of(row["sha256"]), row["body"], row["operation_name"], row["cost"]
                ),
                row["client_name"],
                row["request_count"],
                row["first_seen_at"],
                row["last_seen_at"],
            )
            for row in rows
        ]

    async def listed(self) -> list[ListedDocument]:
        """All published documents; use by other clients counts for every publisher."""
        async with self._database.read_primary() as connection:
            rows = await document_publications.listed(connection)
            objectives = await all_objectives(connection)
        uses = await self.uses()
        publishers: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            publishers[id_of(row["sha256"])].add(row["client_name"])
        return [_listed(row, uses, publishers[id_of(row["sha256"])], objectives) for row in rows]

    async def uses(self) -> Mapping[str, list[DocumentUsage]]:
        """The usage of every document by id, built-in ones included."""
        async with self._database.read_primary() as connection:
            rows = await document_use.uses(connection)
        found: defaultdict[str, list[DocumentUsage]] = defaultdict(list)
        for row in rows:
            use = DocumentUsage(
                row["client_name"], row["use_count"], row["first_used_at"], row["last_used_at"]
            )
            found[id_of(row["sha256"])].append(use)
        return found


def _key(row: Row) -> tuple[str, str]:
    """The client and the operation of a publication."""
    return row["client_name"], row["operation_name"]


async def delete_old_unknown_documents(connection: Connection, now: datetime) -> None:
    """Delete the unknown documents that nobody has sent for 30 days."""
    await document_use.forget_old(connection, now - _UNKNOWN_RETENTION)


def _registered(
    id_: str,
    text: str,
    rows: Sequence[Row],
    objectives: ObjectivesByOperation,
) -> RegisteredDocument:
    own = (row["document_id"] for row in rows if row["document_id"] is not None)
    return RegisteredDocument(
        id_,
        rows[0]["operation_name"],
        text,
        tuple(row["client_name"] for row in rows),
        tuple(dict.fromkeys(own)),
        is_active=any(row["state"] == DocumentState.ACTIVE for row in rows),
        objective=strictest(
            objective_of(objectives, row["client_name"], row["operation_name"]) for row in rows
        ),
    )


def _listed(
    row: Row,
    uses: Mapping[str, list[DocumentUsage]],
    publishers: set[str],
    objectives: ObjectivesByOperation,
) -> ListedDocument:
    id_, client = id_of(row["sha256"]), row["client_name"]
    others = publishers - {client}
    return ListedDocument(
        client,
        row["operation_name"],
        id_,
        row["document_id"],
        DocumentState(row["state"]),
        row["cost"],
        row["body"],
        tuple(use for use in uses.get(id_, ()) if use.client_name not in others),
        objective_of(objectives, client, row["operation_name"]),
    )


async def _check_ids(transaction: Transaction, submissions: Sequence[Submission]) -> None:
    own = {one.document_id: one for one in submissions if one.document_id is not None}
    for row in await document_publications.by_document_id(transaction, list(own)):
        wanted = own[row["document_id"]]
        if id_of(row["sha256"]) != wanted.id:
            raise DocumentIdTaken(
                f"{wanted.name}: the id {wanted.document_id} is that of another document "
                f"of {row['client_name']}"
            )
