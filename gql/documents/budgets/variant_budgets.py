"""The variant of an operation that a request asks for, and the budget of this variant."""

from graphql.execution.values import VariableValues

from gql.documents.budgets.budget import Budget
from gql.documents.budgets.choices import Choice, Choices, given_value
from gql.documents.budgets.variants import CALLER, COMPANY, NOBODY, OPS, PERSON, describe_variant
from services.callers.principal import ApiClient, Person, Principal

_WHILE_IT_RUNS = frozenset({"p95_ms", "p99_ms", "statements", "cost"})
"""The numbers that are checked for every answer."""


class VariantBudgets:
    """The budgets of one operation's variants, found by the choices that its tables name."""

    def __init__(self, budget: Budget, choices: Choices) -> None:
        self._budget = budget
        variants = [one for one in budget.variants if one.numbers.keys() & _WHILE_IT_RUNS]
        names = {name for one in variants for name, _ in one.where.choices}
        self._choices = choices.named(names)
        self._names = tuple(one.name for one in self._choices)
        self._is_by_caller = CALLER in names
        # A few entries: one for each combination of kinds that occurs.
        self._known: dict[tuple[str, ...], Budget] = {}

    @property
    def is_uniform(self) -> bool:
        """Whether the numbers that are checked for every answer are the same for all variants."""
        return not self._choices and not self._is_by_caller

    def of(self, values: VariableValues, principal: Principal) -> Budget:
        """The budget of the requested variant; the largest, where several are possible."""
        caller = kind_of_caller(principal) if self._is_by_caller else ""
        kinds = (caller, *(one.kind(given_value(values, one.path)) for one in self._choices))
        budget = self._known.get(kinds)
        if budget is None:
            named = dict(zip(self._names, kinds[1:], strict=True))
            budget = self._budget.upper_bound_for({**named, CALLER: caller} if caller else named)
            self._known[kinds] = budget
        return budget


def kind_of_caller(principal: Principal) -> str:
    """The kind of a caller, as budgets and the log name it."""
    if isinstance(principal, Person):
        return OPS if principal.is_operator else PERSON
    return COMPANY if isinstance(principal, ApiClient) else NOBODY


def describe_requested_variant(
    choices: Choices, values: VariableValues, principal: Principal
) -> str:
    """The kinds of a request's choices and of its caller, for the log; contains no values."""
    kinds = {one.name: one.kind(given_value(values, one.path)) for one in _given(choices, values)}
    return describe_variant({**kinds, CALLER: kind_of_caller(principal)})


def _given(choices: Choices, values: VariableValues) -> list[Choice]:
    """The choices that occur: without the fields of inputs that were not given."""
    return [
        one
        for one in choices
        if len(one.path) == 1 or isinstance(given_value(values, one.path[:-1]), dict)
    ]
