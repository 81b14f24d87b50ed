"""Keeps trusted documents up to date: our own, and those that clients publish."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from app.graphql.documents.preparation_thread import PreparationThread
from db.connections.errors import DatabaseUnavailable, StatementFailed
from gql.documents.document_cache import DocumentCache
from gql.documents.operation import Operation
from gql.documents.registry.built_in import PUBLISHER, built_in_documents
from gql.documents.registry.trusted_operations import TrustedOperations
from services.background.periodic import run_in_background, run_periodically
from services.documents.registry import OperationRegistry
from services.documents.usage import DocumentUsageCounter

POLL_SECONDS = 1.0
"""How often a process checks the registry for changes."""
_log = structlog.get_logger("guidance.operations")


class PublishedDocuments:
    """Loads published documents from the registry, and stores how they are used."""

    def __init__(
        self,
        registry: OperationRegistry,
        preparation: DocumentCache,
        trusted: TrustedOperations,
        uses: DocumentUsageCounter,
        thread: PreparationThread,
    ) -> None:
        self._registry = registry
        self._thread = thread
        self._document_cache = preparation
        self._trusted = trusted
        self._uses = uses
        self._built_in = built_in_documents()
        self._texts = {document.id: document.text for document in self._built_in}
        self._version: int | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Load all documents and follow the registry while the block runs; leaving stores uses.

        Without the database our own documents are served, the others once it is there.
        """
        await self._trusted.serve(self._document_cache, self._built_in, self._thread.run)
        await self.refresh()
        following = run_in_background(
            run_periodically(self.refresh, name="follow_documents", every_seconds=POLL_SECONDS)
        )
        async with self._uses.published, self._uses.unknown, following:
            yield

    async def refresh(self) -> None:
        """Load the published documents, if the registry has changed."""
        try:
            version = await self._registry.version()
            if version == self._version:
                return
            documents = await self._registry.served(self._texts)
            tools = await self._registry.tools_of(PUBLISHER)
        except (DatabaseUnavailable, StatementFailed) as error:
            if self._version is None:
                _log.warning("the documents of clients cannot be read", reason=str(error))
            return
        served = [
            *(replace(one, tool=tools.get(one.name)) for one in self._built_in),
            *documents,
        ]
        await self._trusted.serve(self._document_cache, served, self._thread.run)
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
    def tools(self) -> Mapping[str, Operation]:
        """The operations that agents may call, by the names of their tools."""
        return self._trusted.tools

    @property
    def state(self) -> str:
        """`ok`, or why some active documents cannot be served."""
        invalid = [one.document for one in self._trusted.invalid if one.document.is_active]
        if invalid:
            named = ", ".join(f"{one.name} of {', '.join(one.publishers)}" for one in invalid)
            return f"not valid any more, the log says why: {named}"
        return "ok" if self._trusted.are_loaded else "not read yet"
