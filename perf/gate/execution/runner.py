"""What scenarios need to run documents: in this process or over HTTP."""

from collections.abc import Mapping
from typing import Any, Protocol

import asyncpg

from gql.documents.trusted_documents import TrustedDocument
from perf.gate.execution.in_process import DocumentAnswer, ResourceUsage
from services.callers.principal import Principal


class DocumentRunner(Protocol):
    """Runs documents one after another."""

    @property
    def connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        """The connection with which scenarios restore data; raises `RunFailed` without one."""

    # Any: variables and data are JSON.
    async def run(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> tuple[ResourceUsage, list[Any]]:
        """The usage, and the data of the answers; raises `RunFailed` on any error or refusal."""

    # Any: variables are JSON.
    async def ask(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> DocumentAnswer:
        """Run a document; the result may be a refusal."""
