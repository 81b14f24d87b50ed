"""Send all trusted documents to the previous version, again and again, during a migration."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from urllib.error import HTTPError
from urllib.request import urlopen

import asyncpg

from gql.documents.trusted_documents import trusted_documents
from perf.load.generator.outcomes import OutcomeKind
from perf.load.monitoring.exposition import Exposition, by_label, increase, read_exposition
from perf.servers.client import client_of
from perf.sweep.documents import DocumentClient, PreparationFailed, left_out, optional_connection
from perf.sweep.http_runner import HttpRunner
from perf.sweep.server import SweepTarget

_ERRORS = "guidance_statement_errors_total"
_READINESS_SECONDS = 1.1
"""Longer than `/readyz` keeps an answer."""


class Load:
    """Sends the documents until the migration has ended, and then each once more."""

    def __init__(self, documents: tuple[DocumentClient, ...], names: Iterable[str]) -> None:
        self._documents = documents
        self._names = tuple(names)
        self._is_ending = asyncio.Event()
        self.failures: dict[str, str] = {}
        """The latest reason for which a document failed."""

    def end(self) -> None:
        """Start the last round."""
        self._is_ending.set()

    async def run(self) -> None:
        """Send for all groups of callers concurrently."""
        async with asyncio.TaskGroup() as group:
            for documents in self._documents:
                group.create_task(self._rounds(documents))

    async def _rounds(self, documents: DocumentClient) -> None:
        was_ending = False
        while not was_ending:
            was_ending = self._is_ending.is_set()
            for name in self._names:
                await self._ask(documents, name)

    async def _ask(self, documents: DocumentClient, name: str) -> None:
        try:
            answered = await documents.ask(await documents.prepare(name))
        except (PreparationFailed, asyncpg.PostgresError) as reason:
            # The body of the answer may be long.
            self.failures[name] = str(reason).partition(": [")[0]
        else:
            if answered.outcome.kind is not OutcomeKind.OK:
                self.failures[name] = answered.outcome.code


class LoadFactory:
    """Makes loads; the documents of `left_out` fail without a migration, which is a failure."""

    def __init__(
        self, url: str, documents: tuple[DocumentClient, ...], left_out: Mapping[str, str]
    ) -> None:
        self._url = url
        self._documents = documents
        self.left_out = left_out

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[Load]:
        """Send while the block runs, and a last round after it; then all failures are known."""
        load = Load(self._documents, trusted_documents().keys() - self.left_out.keys())
        load.failures |= self.left_out
        before = await self._counted()
        asking = asyncio.create_task(load.run())
        try:
            yield load
        finally:
            load.end()
            await asking
        if refusal := await self._refusal():
            load.failures["/readyz"] = refusal
        failed = by_label(increase(before, await self._counted()), _ERRORS, "method")
        load.failures |= {f"the statement {method}": "see the log" for method in failed}

    async def _refusal(self) -> str | None:
        """The answer of `/readyz` if the server is not ready."""
        await asyncio.sleep(_READINESS_SECONDS)
        try:
            await asyncio.to_thread(self._read, "/readyz")
        except HTTPError as refused:
            return refused.read().decode()
        return None

    async def _counted(self) -> Exposition:
        return read_exposition(await asyncio.to_thread(self._read, "/metrics"))

    def _read(self, path: str) -> str:
        with urlopen(f"{self._url}{path}") as answer:  # noqa: S310 - http on the loopback
            return str(answer.read(), "utf-8")


@asynccontextmanager
async def loads(target: SweepTarget) -> AsyncIterator["LoadFactory"]:
    """A factory of loads for the server, until the block ends."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(client_of(target.url))
        documents = []
        for group in target.groups:
            # Scenarios restore data through their own connection, as groups run concurrently.
            connection = await stack.enter_async_context(optional_connection(target.database_url))
            runner = HttpRunner(client, target.credentials, connection)
            documents.append(DocumentClient(runner, replace(target, groups=(group,))))
        reasons: dict[str, str] = {}
        for one in documents:
            reasons |= await left_out(one, list(trusted_documents()), target)
        yield LoadFactory(target.url, tuple(documents), reasons)
