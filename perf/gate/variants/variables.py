"""Build the variables of one variant from its scenario and from types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import Undefined, get_nullable_type, is_input_object_type

from gql.documents.budgets.choices import Choice
from gql.documents.budgets.variants import ABSENT, GIVEN, LARGEST, NULL, SMALLEST, USUAL, Kinds
from gql.documents.trusted_documents import TrustedDocument
from gql.values.ids import global_id, parse_global_id
from gql.values.list_sizes import MAX_PAGE_SIZE
from perf.gate.data.callers import OTHER_ACCOUNTS
from perf.gate.execution.in_process import RunFailed
from perf.gate.scenarios.deleted_objects import DELETING
from perf.gate.scenarios.scenario import Scenario, ScenarioContext, Variables
from perf.gate.variants.cursors import cursors_for
from perf.gate.variants.value_kinds import (
    DELETED,
    EXISTING,
    FOREIGN,
    REPEATED,
    description_of,
    is_cursor,
    value_kinds,
)
from perf.gate.variants.values import NO_KEY, make_value, usual_value
from services.callers.principal import Principal


@dataclass(slots=True)
class VariableBuilder:
    """Builds the variables for the variants of one document, for one group of callers."""

    context: ScenarioContext
    document: TrustedDocument
    scenario: Scenario
    choices: Sequence[Choice]
    unprepared: list[str] = field(default_factory=list)
    """Values of the last variant that no scenario provides; a nonexistent id is used instead."""

    async def variables(self, kinds: Kinds, principal: Principal) -> Variables:
        """The variables; raises `RunFailed` if neither the scenario nor a type gives a value."""
        self.unprepared.clear()
        prepared = await self.scenario.variables(self.context)
        variables: Variables = {}
        # A cursor belongs to a list that the other variables select.
        for choice in sorted(self.choices, key=is_cursor):
            kind = kinds.get(choice.name, ABSENT)
            if kind == ABSENT or (kind == USUAL and choice.has_default):
                continue
            given = value_at(prepared, choice.path)
            value = await self._value(choice, kind, given, variables, principal)
            set_at(variables, choice.path, value)
        return variables

    # Any: variables are JSON.
    async def _value(
        self, choice: Choice, kind: str, given: Any, variables: Variables, principal: Principal
    ) -> Any:
        if kind == NULL:
            return None
        if choice.is_size:
            return {SMALLEST: 1, USUAL: choice.usual_size, LARGEST: MAX_PAGE_SIZE}[kind]
        if is_cursor(choice):
            return await cursors_for(self.context, self.document, choice, variables, principal)
        if kind == FOREIGN:
            return value_at(
                await self.scenario.variables(ScenarioContext(self.context.runner, OTHER_ACCOUNTS)),
                choice.path,
            )
        usual = self._usual(choice, given)
        if kind == DELETED:
            return await self._deleted(choice, usual, principal)
        return usual if kind in {GIVEN, EXISTING, REPEATED} else make_value(choice, kind, usual)

    # Any: as above.
    def _usual(self, choice: Choice, given: Any) -> Any:
        if is_input_object_type(get_nullable_type(choice.type)):
            return {}  # its fields are choices of their own
        value = usual_value(choice.type, description_of(choice)) if given is Undefined else given
        if value is Undefined:
            raise RunFailed(
                f"{self.document.name}: its scenario in perf/gate/scenarios"
                f" gives no value for {choice.name}, and its type does not tell one"
            )
        return value

    async def _deleted(self, choice: Choice, existing: str, principal: Principal) -> str:
        type_name, _ = parse_global_id(existing)
        delete = DELETING.get(type_name)
        if delete is not None:
            return await delete(self.context, principal)
        self.unprepared.append(f"{choice.name}: {DELETED}")
        return global_id(type_name, NO_KEY)


def usual_kinds(choices: Sequence[Choice], prepared: Variables) -> Kinds:
    """The kinds that a scenario chooses; otherwise absent, or the first kind of the type."""
    return {choice.name: _usual_kind(choice, value_at(prepared, choice.path)) for choice in choices}


# Any: variables are JSON.
def _usual_kind(choice: Choice, value: Any) -> str:
    kinds = [one.kind for one in value_kinds(choice) if not one.is_refused]
    kind = choice.kind(value)
    if kind in kinds:
        return kind
    return EXISTING if kind == GIVEN and EXISTING in kinds else kinds[0]


# Any: as above.
def value_at(variables: Mapping[str, Any], path: Sequence[str]) -> Any:
    """The value at a path of names; `Undefined` if there is none."""
    value: Any = variables
    for name in path:
        value = value.get(name, Undefined) if isinstance(value, Mapping) else Undefined
    return value


def set_at(variables: Variables, path: Sequence[str], value: object) -> None:
    """Set the value at a path of names, all but the last of which exist."""
    for name in path[:-1]:
        variables = variables[name]
    variables[path[-1]] = value
