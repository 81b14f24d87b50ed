"""Run the scenario of a document, then time the document."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import asyncpg

from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from perf.gate.execution.in_process import RunFailed
from perf.gate.scenarios.scenario import ScenarioContext
from perf.gate.scenarios.scenarios import scenarios
from perf.gate.scenarios.usual_variables import usual_variables
from perf.load.generator.outcomes import NO_DATA
from perf.load.monitoring.traced_parts import TRACED
from perf.servers.connection import UnexpectedAnswer
from perf.sweep.credentials import CredentialMissing
from perf.sweep.http_runner import HttpRunner, TimedAnswer
from perf.sweep.server import SweepTarget
from services.callers.principal import Principal


class PreparationFailed(Exception):
    """A document cannot be requested; the message is a sentence with the reason."""


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document whose scenario has been prepared."""

    document: TrustedDocument
    principal: Principal
    # Any: variables are JSON.
    variables: dict[str, Any]


class DocumentClient:
    """Sends documents to one server, alternating between its groups of callers."""

    def __init__(self, runner: HttpRunner, target: SweepTarget) -> None:
        self._runner = runner
        self._left_out = target.left_out
        self._askings: Iterator[ScenarioContext] = cycle(
            [ScenarioContext(runner, callers) for callers in target.groups]
        )

    async def prepare(self, name: str) -> PreparedDocument:
        """Run the preparation of a document's scenario; raises `PreparationFailed`."""
        scenario, context = scenarios().get(name), next(self._askings)
        if name in self._left_out:
            raise PreparationFailed(self._left_out[name])
        if scenario is None:
            raise PreparationFailed("it has no scenario: perf/gate/scenarios has to say who asks")
        document = trusted_documents()[name]
        try:
            variables = await usual_variables(document, scenario, context)
            principal = scenario.principal(context.callers)
            self._runner.credentials.headers(principal)
        except CredentialMissing as missing:
            raise PreparationFailed(str(missing)) from missing
        except (RunFailed, UnexpectedAnswer, OSError, EOFError, LookupError, TypeError) as error:
            raise PreparationFailed(f"what comes before it fails: {error}") from error
        return PreparedDocument(document, principal, variables)

    async def ask(self, prepared: PreparedDocument, *, is_traced: bool = False) -> TimedAnswer:
        """Send a prepared document and time it; the server traces it if `is_traced`."""
        return await self._runner.send_timed(
            prepared.document,
            prepared.principal,
            prepared.variables,
            fields=TRACED if is_traced else {},
        )


async def left_out(
    documents: DocumentClient, names: Sequence[str], target: SweepTarget
) -> dict[str, str]:
    """The documents that cannot be requested, with the reason; all others are sent once.

    On a remote server, callers may own no objects of the requested kind.
    """
    reasons = {}
    for name in names:
        try:
            for _ in target.groups:
                answered = await documents.ask(await documents.prepare(name))
                if target.by_id and answered.outcome.code == NO_DATA:
                    reasons[name] = "somebody who asks has nothing of it"
        except PreparationFailed as reason:
            reasons[name] = str(reason)
    return reasons


@asynccontextmanager
async def optional_connection(
    database_url: str | None,
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record] | None"]:
    """A connection with which scenarios restore data; None without a database URL."""
    if database_url is None:
        yield None
        return
    connection = await asyncpg.connect(database_url)
    try:
        yield connection
    finally:
        await connection.close()
