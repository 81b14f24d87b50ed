"""The documents that are served: our own, and what clients publish while the process runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import structlog
from graphql import GraphQLSchema

from app.graphql.documents import Documents
from app.graphql.metering import Meter
from app.graphql.preparing import PreparationThread, Preparing, open_preparation_thread
from app.persisted import persisted_texts
from app.settings import Settings
from db.database import Database
from db.unavailable import DatabaseUnavailable
from gql.compiler.plans import Compile, compile_now
from gql.documents.built_in import built_in_documents
from gql.documents.prepare import Preparation
from gql.documents.trusted import TrustedOperations
from keyvalue import KeyValueClient
from services.clock import Clock
from services.operations.registry import OperationRegistry
from services.operations.uses import DocumentUses
from services.periodic import repeat, running

POLL_SECONDS = 1.0
"""How often a process asks whether something else is published."""
_log = structlog.get_logger("guidance.operations")


class ServedDocuments:
    """Serves what the registry has, and counts how it is used."""

    def __init__(
        self,
        registry: OperationRegistry,
        preparation: Preparation,
        trusted: TrustedOperations,
        uses: DocumentUses,
        thread: PreparationThread,
    ) -> None:
        self._registry = registry
        self._thread = thread
        self._preparation = preparation
        self._trusted = trusted
        self._uses = uses
        self._built_in = built_in_documents()
        self._texts = {document.id: document.text for document in self._built_in}
        self._version: int | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Prepare every document, and then follow the registry; leaving writes what was used.

        Without the database our own are served, and the others once it is there.
        """
        await self._trusted.serve(self._preparation, self._built_in, self._thread.run)
        await self.refresh()
        following = running(
            repeat(self.refresh, name="follow_documents", every_seconds=POLL_SECONDS)
        )
        async with self._uses.known, self._uses.unknown, following:
            yield

    async def refresh(self) -> None:
        """Serve what is published now, if that is something else."""
        try:
            version = await self._registry.version()
            if version == self._version:
                return
            documents = await self._registry.served(self._texts)
        except (DatabaseUnavailable, asyncpg.PostgresError) as error:
            if self._version is None:
                _log.warning("the documents of clients cannot be read", reason=str(error))
            return
        served = [*self._built_in, *documents]
        await self._trusted.serve(self._preparation, served, self._thread.run)
        self._trusted.are_loaded = True
        self._texts = {one.id: one.text for one in served}
        self._version = version
        for invalid in self._trusted.invalid:
            document = invalid.document
            _log.error(
                "a document is not valid any more",
                operation=document.name,
                clients=document.publishers,
                document_id=document.id,
                reason=invalid.reason,
            )

    @property
    def state(self) -> str:
        """`ok`, or in words why not everything that is published and active can be served."""
        broken = [one.document for one in self._trusted.invalid if one.document.is_active]
        if broken:
            named = ", ".join(f"{one.name} of {', '.join(one.publishers)}" for one in broken)
            return f"not valid any more, the log says why: {named}"
        return "ok" if self._trusted.are_loaded else "not read yet"


@dataclass(frozen=True, slots=True)
class OpenedDocuments:
    """What finds the operations of requests, and what keeps it up to date."""

    found: Documents
    served: ServedDocuments


@asynccontextmanager
async def open_documents(
    settings: Settings,
    schema: GraphQLSchema,
    database: Database,
    keyvalue: KeyValueClient | None,
    meter: Meter,
    *,
    clock: Clock,
) -> AsyncIterator[OpenedDocuments]:
    """Build the parts; documents are prepared when they begin to be served."""
    trusted, uses = TrustedOperations(), DocumentUses(database)
    with open_preparation_thread() as thread:
        preparation = Preparation(
            schema,
            limits=settings.document_limits,
            allows_introspection=settings.allows_introspection,
            is_compiled=settings.graphql_compiled_execution,
            compile_=thread.compile,
        )
        found = Documents(
            schema,
            Preparing(preparation, meter, thread),
            trusted,
            mode=settings.graphql_operations_mode,
            requires_id=settings.graphql_operations_require_id,
            texts=persisted_texts(settings, keyvalue),
            uses=uses,
            clock=clock,
        )
        lasting = trusted_preparation(
            settings,
            schema,
            hides_suggestions=not settings.allows_introspection,
            compile_=thread.compile,
        )
        registry = OperationRegistry(database, clock=clock)
        yield OpenedDocuments(found, ServedDocuments(registry, lasting, trusted, uses, thread))


def trusted_preparation(
    settings: Settings,
    schema: GraphQLSchema,
    *,
    hides_suggestions: bool,
    compile_: Compile = compile_now,
) -> Preparation:
    """What prepares documents that are to be trusted: the schema is not among what they ask for."""
    return Preparation(
        schema,
        limits=settings.document_limits,
        allows_introspection=False,
        hides_suggestions=hides_suggestions,
        is_compiled=settings.graphql_compiled_execution,
        compile_=compile_,
    )
