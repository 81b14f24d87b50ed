"""What flows need of whatever runs documents: the gate's runner, or a server that is asked."""

from collections.abc import Mapping
from typing import Any, Protocol

from gql.operations.budgets import TrustedDocument
from perf.gate.running import Taken
from services.principal import Principal


class Runs(Protocol):
    """Runs documents one after the other."""

    # Any: variables and data are JSON.
    async def run(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> tuple[Taken, list[Any]]:
        """What it took, and the data of its answers; raises `FlowFailed` unless all is well."""
