"""What flows need of whatever runs documents: the gate's runner, or a server that is asked."""

from collections.abc import Mapping
from typing import Any, Protocol

import asyncpg

from gql.documents.budgets import TrustedDocument
from perf.gate.running import Answered, Taken
from services.principal import Principal


class Runs(Protocol):
    """Runs documents one after the other."""

    @property
    def connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        """For what flows put back by hand; raises `FlowFailed` where there is none."""

    # Any: variables and data are JSON.
    async def run(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> tuple[Taken, list[Any]]:
        """What it took, and the data of its answers; raises `FlowFailed` unless all is well."""

    # Any: variables are JSON.
    async def ask(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> Answered:
        """What came of it, refused or not."""
