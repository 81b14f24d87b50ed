"""What a scenario is, and what those who write one need."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import Any, TypeAlias

from gql.documents.budgets.budget import DEFAULT
from gql.documents.budgets.variant_budgets import kind_of_caller
from gql.documents.budgets.variants import COMPANY, NOBODY, OPS, PERSON
from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from perf.gate.data.callers import TWICE_THE_ROWS, CallerGroup, writer
from perf.gate.execution.in_process import RunFailed
from perf.gate.execution.runner import DocumentRunner
from services.callers.principal import Principal

_ALLOWED = {
    NOBODY: (NOBODY, PERSON, COMPANY, OPS),
    PERSON: (PERSON, OPS),
    COMPANY: (COMPANY,),
    OPS: (OPS,),
}
_RUN, _keys = token_hex(4), count(1)
"""Idempotency keys are unique in each run, also on a database that an earlier run filled."""

# Any: variables and data are JSON.
Variables: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScenarioContext:
    """Runs documents for one group of callers."""

    runner: DocumentRunner
    callers: CallerGroup

    # Any: data is JSON.
    async def data(self, name: str, **variables: Any) -> Any:
        """The value of the only root field of another document, run by the writer."""
        return await self.read(own_document(name), writer(self.callers), variables)

    # Any: as above.
    async def read(
        self, document: TrustedDocument | str, principal: Principal, variables: Mapping[str, Any]
    ) -> Any:
        """The value of the only root field of a document, or of a query text."""
        if isinstance(document, str):
            document = TrustedDocument("Before", document, DEFAULT)
        _, (data,) = await self.runner.run(document, principal, variables)
        (value,) = data.values()
        return value


def own_document(name: str) -> TrustedDocument:
    """A document that prepares others; raises `RunFailed` if it has no valid budget."""
    document = trusted_documents().get(name)
    if document is None:
        raise RunFailed(f"{name} is asked before, and cannot be: it has no budget that can be read")
    return document


Prepare: TypeAlias = Callable[[ScenarioContext], Awaitable[Variables]]
"""Does what comes before a document, and gives its variables."""


async def _nothing(_asking: ScenarioContext) -> Variables:
    return {}


@dataclass(frozen=True, slots=True)
class Scenario:
    """The caller of a document, and the variables that cannot be derived from types, such as ids.

    `also` are more kinds of callers that are answered, besides those in `_ALLOWED`. `flows` give
    the variables after something else was done, so that the document does other work.
    """

    principal: Callable[[CallerGroup], Principal]
    variables: Prepare = _nothing
    also: tuple[str, ...] = ()
    flows: Mapping[str, Prepare] = field(default_factory=dict)

    @property
    def callers(self) -> tuple[str, ...]:
        """The kinds of callers that are answered, the usual one first."""
        return (*_ALLOWED[kind_of_caller(self.principal(TWICE_THE_ROWS))], *self.also)


async def with_key(_asking: ScenarioContext) -> Variables:
    """The variables of a mutation that needs an idempotency key alone."""
    return {"input": key()}


def key() -> Variables:
    """A new idempotency key, as a variable."""
    return {"idempotencyKey": new_key()}


def new_key() -> str:
    """A new idempotency key."""
    return f"gate-{_RUN}-{next(_keys):06}"
