"""What scenarios need to run documents: in this process or over HTTP."""

from collections.abc import Mapping
from typing import Any, Protocol

import asyncpg

from gql.documents.budgets import TrustedDocument
from perf.gate.running import Answered, Taken
from services.principal import Principal


class Runs(Protocol):
    """Runs documents one after another."""

    @property
    def connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        """The connection with which scenarios restore data; raises `FlowFailed` without one."""

    # Any: variables and data are JSON.
    async def run(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> tuple[Taken, list[Any]]:
        """The usage, and the data of the answers; raises `FlowFailed` on any error or refusal."""

    # Any: variables are JSON.
    async def ask(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> Answered:
        """Run a document; the result may be a refusal."""
