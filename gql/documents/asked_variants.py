"""The variant of an operation that a request asks, as far as it can be seen, and its budget."""

from graphql.execution.values import VariableValues

from gql.documents.agreement import Budget
from gql.documents.choices import Choice, Choices, given_value
from gql.documents.variants import CALLER, COMPANY, NOBODY, OPS, PERSON, in_words
from services.principal import ApiClient, Person, Principal

_WHILE_IT_RUNS = frozenset({"p95_ms", "p99_ms", "statements", "cost"})
"""The numbers that are compared for each answer."""


class VariantBudgets:
    """The budgets of one operation's variants: a look at the choices that its tables name."""

    def __init__(self, budget: Budget, choices: Choices) -> None:
        self._budget = budget
        variants = [one for one in budget.variants if one.numbers.keys() & _WHILE_IT_RUNS]
        names = {name for one in variants for name, _ in one.where.choices}
        self._choices = choices.named(names)
        self._names = tuple(one.name for one in self._choices)
        self._is_by_caller = CALLER in names
        # As many as there are kinds of what is named: a few.
        self._known: dict[tuple[str, ...], Budget] = {}

    @property
    def is_one(self) -> bool:
        """Whether all variants have the same numbers, as far as they are compared for answers."""
        return not self._choices and not self._is_by_caller

    def of(self, values: VariableValues, principal: Principal) -> Budget:
        """The budget of what is asked, or the most of those that it may be."""
        caller = kind_of_caller(principal) if self._is_by_caller else ""
        kinds = (caller, *(one.kind(given_value(values, one.path)) for one in self._choices))
        budget = self._known.get(kinds)
        if budget is None:
            named = dict(zip(self._names, kinds[1:], strict=True))
            budget = self._budget.most_of({**named, CALLER: caller} if caller else named)
            self._known[kinds] = budget
        return budget


def kind_of_caller(principal: Principal) -> str:
    """Nobody, a person, a person with the `ops` role, or a company."""
    if isinstance(principal, Person):
        return OPS if principal.is_operator else PERSON
    return COMPANY if isinstance(principal, ApiClient) else NOBODY


def variant_in_words(choices: Choices, values: VariableValues, principal: Principal) -> str:
    """The variant by the kinds of its choices and of its caller; no value is in it."""
    kinds = {one.name: one.kind(given_value(values, one.path)) for one in _given(choices, values)}
    return in_words({**kinds, CALLER: kind_of_caller(principal)})


def _given(choices: Choices, values: VariableValues) -> list[Choice]:
    """The choices, without the fields of what is no input here."""
    return [
        one
        for one in choices
        if len(one.path) == 1 or isinstance(given_value(values, one.path[:-1]), dict)
    ]
