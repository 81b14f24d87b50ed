"""One call of a tool: whose it is, what it asks, and what it may take."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql.execution.values import VariableValues

from app.http.request_head import RequestHead
from gql.documents.operation import Operation
from services.callers.principal import ApiClient, Person, Principal
from services.documents.records import ToolLimits


@dataclass(frozen=True, slots=True)
class ToolCaller:
    """Whose rights a call has, and what is noted of its request."""

    principal: Principal
    request_id: str
    log: dict[str, object]
    head: RequestHead
    address: str | None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call whose arguments fit."""

    caller: ToolCaller
    operation: Operation
    # Any: arguments are JSON.
    arguments: Mapping[str, Any]
    values: VariableValues
    limits: ToolLimits
    now: datetime

    @property
    def cost(self) -> int:
        """What it may cost at most."""
        return self.operation.cost.of(self.values.coerced)

    @property
    def needed(self) -> tuple[int, int, int]:
        """What it may take of the day at most, in the order of `refusals.DAY`."""
        return self.cost, self.limits.bytes_per_call, self.limits.ms_per_call

    @property
    def day_limits(self) -> tuple[int, int, int]:
        """What the caller's calls of the day may take, in the same order."""
        limits = self.limits
        return limits.cost_per_day, limits.bytes_per_day, limits.ms_per_day

    @property
    def key(self) -> str:
        """Whose budget it is, and of which tool."""
        principal, document = self.caller.principal, self.operation.document
        who = f"address:{self.caller.address}"
        if isinstance(principal, Person):
            who = f"person:{principal.user_id}"
        elif isinstance(principal, ApiClient):
            who = f"company:{principal.account_id}"
        client = document.publishers[0] if document else ""
        return f"tool:{client}/{self.operation.name}:{who}"
