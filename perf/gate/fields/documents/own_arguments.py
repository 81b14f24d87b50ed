"""Texts that our own queries give for arguments: what is searched for, a plan's code, a key."""

from collections.abc import AsyncIterator

from graphql import GraphQLString, get_named_type

from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from perf.gate.document_check import choices_of
from perf.gate.execution.in_process import RunFailed
from perf.gate.scenarios.scenario import Scenario, ScenarioContext
from perf.gate.scenarios.scenarios import scenarios


async def own_arguments(context: ScenarioContext) -> AsyncIterator[tuple[str, str]]:
    """The names of arguments, and what the scenarios of our own queries give for them.

    Other texts would mostly find nothing. A document that cannot be run is reported elsewhere.
    """
    for name, document in trusted_documents().items():
        if name in scenarios() and document.text.startswith("query"):
            for one in await _given(document, scenarios()[name], context):
                yield one


async def _given(
    document: TrustedDocument, scenario: Scenario, context: ScenarioContext
) -> list[tuple[str, str]]:
    try:
        choices, variables = choices_of(document), await scenario.variables(context)
    except RunFailed:
        return []
    texts = (one for one in choices if get_named_type(one.type) == GraphQLString)
    return [
        (place.name, variables[one.name])
        for one in texts
        if one.name in variables
        for place in one.places
    ]
