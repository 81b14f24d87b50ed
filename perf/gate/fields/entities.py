"""Check that a router's references are read together, and with no more than `nodes` reads."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from gql.documents.budgets.budget import DEFAULT
from gql.documents.trusted_documents import TrustedDocument
from gql.resolvers.nodes import FETCHED_TYPES
from perf.gate.data.callers import CallerGroup
from perf.gate.execution.in_process import DocumentAnswer, InProcessRunner
from perf.gate.fields.documents.known_values import KnownValues
from perf.gate.findings import GateFinding, n_plus_one_findings
from services.callers.principal import Principal

NAME = "Query._entities"
_ENTITIES = """query Entities($all: [_Any!]!) {
  _entities(representations: $all) { __typename ... on %s { id } }
}"""
_MOST_OF_NODES = 50
"""How many ids are given to both: `nodes` takes no more than 100."""
_NODES = "query Nodes($all: [ID!]!) { nodes(ids: $all) { __typename ... on %s { id } } }"


async def entity_findings(
    subgraph: InProcessRunner,
    groups: Sequence[KnownValues],
    callers: Iterable[Callable[[CallerGroup], Principal]],
) -> AsyncIterator[GateFinding]:
    """Findings about types unreached, and statements that routers or more references add.

    The server is a subgraph; `groups` know the ids that callers with n rows and with 2n received.
    """
    few_known, many_known = groups
    for type_name in sorted(FETCHED_TYPES):
        for caller in callers:
            few = await _ask(subgraph, type_name, caller, few_known)
            many = await _ask(subgraph, type_name, caller, many_known)
            for one in n_plus_one_findings(f"{NAME} of {type_name}", few.usage, many.usage):
                yield one
            for one in await _added_findings(subgraph, type_name, caller, many_known):
                yield one
            if _has_objects(many):
                break
        else:
            yield GateFinding(f"{NAME} of {type_name}", "no caller is given any")


async def _ask(
    subgraph: InProcessRunner,
    type_name: str,
    caller: Callable[[CallerGroup], Principal],
    known: KnownValues,
    most: int | None = None,
) -> DocumentAnswer:
    ids = list(known.values(f"{type_name}.id"))[:most]
    document = TrustedDocument("Entities", _ENTITIES % type_name, DEFAULT)
    references = [{"__typename": type_name, "id": id_} for id_ in ids]
    return await subgraph.ask(document, caller(known.callers), {"all": references})


async def _added_findings(
    subgraph: InProcessRunner,
    type_name: str,
    caller: Callable[[CallerGroup], Principal],
    known: KnownValues,
) -> list[GateFinding]:
    """Findings about statements that do not run for `nodes` with the same ids."""
    document = TrustedDocument("Nodes", _NODES % type_name, DEFAULT)
    ids = list(known.values(f"{type_name}.id"))[:_MOST_OF_NODES]
    nodes = await subgraph.ask(document, caller(known.callers), {"all": ids})
    entities = await _ask(subgraph, type_name, caller, known, _MOST_OF_NODES)
    added = _times(entities) - _times(nodes)
    return [
        GateFinding(f"{NAME} of {type_name}", f"runs {more} more statements than nodes", method)
        for method, more in added.items()
    ]


def _times(answered: DocumentAnswer) -> Counter[str]:
    return Counter(one.statement.name for one in answered.usage.ran)


def _has_objects(answered: DocumentAnswer) -> bool:
    return any(any((body.get("data") or {}).get("_entities") or ()) for body in answered.bodies)
