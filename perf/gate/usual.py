"""The usual variables of a document: from its scenario, and from types."""

from functools import cache

from graphql import Undefined, is_non_null_type

from gql.documents.agreement import DEFAULT
from gql.documents.budgets import TrustedDocument
from gql.documents.choices import Choice
from perf.gate.domains import description_of
from perf.gate.flows import Scenario, ScenarioContext, Variables
from perf.gate.judging import choices_of
from perf.gate.preparing import set_at, value_at
from perf.gate.values import usual_value


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
