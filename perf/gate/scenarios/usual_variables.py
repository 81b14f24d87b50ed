"""The usual variables of a document: from its scenario, and from types."""

from functools import cache

from graphql import Undefined, is_non_null_type

from gql.documents.budgets.budget import DEFAULT
from gql.documents.budgets.choices import Choice
from gql.documents.trusted_documents import TrustedDocument
from perf.gate.document_check import choices_of
from perf.gate.scenarios.scenario import Scenario, ScenarioContext, Variables
from perf.gate.variants.value_kinds import description_of
from perf.gate.variants.values import usual_value
from perf.gate.variants.variables import set_at, value_at


async def usual_variables(
    document: TrustedDocument, scenario: Scenario, context: ScenarioContext
) -> Variables:
    """The scenario's variables, and generated values for other required variables.

    Raises `RunFailed`, also for an invalid document. Types without a generated value are left out.
    """
    variables = await scenario.variables(context)
    for choice in _required(document.name, document.text):
        above = value_at(variables, choice.path[:-1])
        if isinstance(above, dict) and choice.path[-1] not in above:
            value = usual_value(choice.type, description_of(choice))
            if value is not Undefined:
                set_at(variables, choice.path, value)
    return variables


@cache
def _required(name: str, text: str) -> tuple[Choice, ...]:
    choices = choices_of(TrustedDocument(name, text, DEFAULT))
    return tuple(one for one in choices if is_non_null_type(one.type) and not one.has_default)
