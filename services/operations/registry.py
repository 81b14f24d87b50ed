"""The registry: what clients publish, what becomes of it, and what is served."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asyncpg import Record

from db.database import Connection, Database, Transaction
from db.queries import document_publications, document_use
from services import audit
from services.clock import Clock
from services.operations.identifiers import digest_of, id_of, is_hash
from services.operations.objectives import Agreed, agreed_objectives
from services.operations.records import (
    DocumentState,
    ListedDocument,
    RegisteredDocument,
    Shape,
    Submission,
    UnknownDocument,
    Use,
)
from services.operations.rules import objective_of, strictest

_FORGOTTEN_AFTER = timedelta(days=30)


class DocumentIdTaken(Exception):
    """A client's own id of a document is already that of another document."""


@dataclass(frozen=True, slots=True)
class Published:
    """How many documents are new to the client, are active again, and were known."""

    new: int
    revived: int
    known: int


class OperationRegistry:
    """Reads and changes what is published; each change is one transaction, after another.

    Changes are an operator's, and each has its row in the audit.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def version(self) -> int:
        """A number that is another one after each change."""
        async with self._database.read_primary() as connection:
            return await document_publications.version(connection)

    async def served(self, known: Mapping[str, str]) -> list[RegisteredDocument]:
        """Every document that is not retired; `known` are texts that need not be read, by id."""
        async with self._database.read_primary() as connection:
            rows = await document_publications.served(connection)
            agreed = await agreed_objectives(connection)
            missing = {row["sha256"] for row in rows if id_of(row["sha256"]) not in known}
            bodies = (
                await document_publications.bodies(connection, list(missing)) if missing else []
            )
        texts = {id_of(row["sha256"]): row["body"] for row in bodies}
        by_id: defaultdict[str, list[Record]] = defaultdict(list)
        for row in rows:
            by_id[id_of(row["sha256"])].append(row)
        return [
            _registered(id_, known.get(id_) or texts[id_], found, agreed)
            for id_, found in by_id.items()
        ]

    async def publish(self, client_name: str, submissions: Sequence[Submission]) -> Published:
        """Make the documents the client's, all or none; raises `DocumentIdTaken`.

        To publish again what was published changes nothing, but that what was deprecated or retired
        is active again.
        """
        async with self._database.begin() as transaction:
            await document_publications.next_version(transaction)
            return await self._publish(transaction, client_name, submissions, "published")

    async def _publish(
        self,
        transaction: Transaction,
        client_name: str,
        submissions: Sequence[Submission],
        what: str,
    ) -> Published:
        await _check_ids(transaction, submissions)
        hashes = [digest_of(one.id) for one in submissions]
        there = {
            row["sha256"]: (row["state"], row["document_id"])
            for row in await document_publications.of_client(transaction, client_name, hashes)
        }
        same = [
            there.get(digest) == (DocumentState.ACTIVE.value, one.document_id)
            for digest, one in zip(hashes, submissions, strict=True)
        ]
        changed = [one for one, is_same in zip(submissions, same, strict=True) if not is_same]
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
        await self._record(transaction, client_name, what, [one.id for one in changed])
        revived = sum(state != DocumentState.ACTIVE.value for state, _ in there.values())
        return Published(len(submissions) - len(there), revived, len(there) - revived)

    async def change_state(
        self, client_name: str, named: str, state: DocumentState
    ) -> list[tuple[str, str]]:
        """Change what the client has under a hash, an id of its own, or a name of operations.

        Gives the names and ids of what was in another state.
        """
        async with self._database.begin() as transaction:
            await document_publications.next_version(transaction)
            rows = await document_publications.change_state(
                transaction,
                client_name,
                self._clock(),
                sha256=digest_of(named) if is_hash(named) else None,
                named=named,
                new_state=state.value,
            )
            changed = sorted((row["operation_name"], id_of(row["sha256"])) for row in rows)
            await self._record(transaction, client_name, state.value, [id_ for _, id_ in changed])
        return changed

    async def promote(self, client_name: str, shape: Shape, name: str) -> None:
        """Publish what was unknown, for a client and under a name."""
        async with self._database.begin() as transaction:
            await document_publications.next_version(transaction)
            submission = Submission(shape.id, name, shape.text, shape.cost)
            await self._publish(transaction, client_name, [submission], "promoted")
            await document_use.known_now(transaction, digest_of(shape.id))

    async def _record(
        self, transaction: Transaction, client_name: str, what: str, ids: Sequence[str]
    ) -> None:
        """Tell the audit trail, if anything was changed."""
        if ids:
            await audit.record(
                transaction,
                audit.OPERATOR,
                f"documents.{what}",
                "documents",
                now=self._clock(),
                said={"client": client_name, "documents": list(ids)},
            )

    async def unknown(self) -> list[UnknownDocument]:
        """Documents that clients sent and nobody published, most frequent first."""
        async with self._database.read_primary() as connection:
            rows = await document_use.unknown(connection)
        return [
            UnknownDocument(
                Shape(id_of(row["sha256"]), row["body"], row["operation_name"], row["cost"]),
                row["client_name"],
                row["request_count"],
                row["first_seen_at"],
                row["last_seen_at"],
            )
            for row in rows
        ]

    async def listed(self) -> list[ListedDocument]:
        """Everything that clients have published; a use by somebody else is every publisher's."""
        async with self._database.read_primary() as connection:
            rows = await document_publications.listed(connection)
            agreed = await agreed_objectives(connection)
        uses = await self.uses()
        publishers: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            publishers[id_of(row["sha256"])].add(row["client_name"])
        return [_listed(row, uses, publishers[id_of(row["sha256"])], agreed) for row in rows]

    async def uses(self) -> Mapping[str, list[Use]]:
        """How every document was used, our own too, by id."""
        async with self._database.read_primary() as connection:
            rows = await document_use.uses(connection)
        found: defaultdict[str, list[Use]] = defaultdict(list)
        for row in rows:
            use = Use(
                row["client_name"], row["use_count"], row["first_used_at"], row["last_used_at"]
            )
            found[id_of(row["sha256"])].append(use)
        return found


async def forget_old_unknown(connection: Connection, now: datetime) -> None:
    """Forget documents that nobody published, and nobody has sent for 30 days."""
    await document_use.forget_old(connection, now - _FORGOTTEN_AFTER)


def _registered(
    id_: str,
    text: str,
    rows: Sequence[Record],
    agreed: Agreed,
) -> RegisteredDocument:
    own = (row["document_id"] for row in rows if row["document_id"] is not None)
    return RegisteredDocument(
        id_,
        rows[0]["operation_name"],
        text,
        tuple(row["client_name"] for row in rows),
        tuple(dict.fromkeys(own)),
        is_active=any(row["state"] == DocumentState.ACTIVE.value for row in rows),
        objective=strictest(
            objective_of(agreed, row["client_name"], row["operation_name"]) for row in rows
        ),
    )


def _listed(
    row: Record,
    uses: Mapping[str, list[Use]],
    publishers: set[str],
    agreed: Agreed,
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
        objective_of(agreed, client, row["operation_name"]),
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
