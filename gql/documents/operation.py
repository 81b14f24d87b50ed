"""One operation of a valid document, with everything that is worked out once for all requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import FragmentDefinitionNode, GraphQLError, OperationDefinitionNode
from graphql.execution.collect_fields import FragmentDetails

from gql.compiler.plans import Plans
from gql.documents.asked_variants import VariantBudgets
from gql.documents.budgets import Budget, budget_for
from gql.documents.choices import Choices
from gql.documents.cost import OperationCost
from services.operations.records import RegisteredDocument, Shape

UNTRUSTED = "untrusted"
"""What every operation is called that is not in a trusted document."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a valid document, ready to run; `document` where it is of a trusted one."""

    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    fragment_definitions: dict[str, FragmentDefinitionNode]
    plans: Plans | None
    """How it is executed by compiled code; None where graphql-core is to execute it."""
    cost: OperationCost
    document: RegisteredDocument | None = None
    puts_off: bool = False
    """Whether something of its answer may come later than the rest."""
    hides_suggestions: bool = False
    """Whether errors are not to name what of the schema may have been meant."""
    choices: Choices | None = field(default=None, compare=False, repr=False)
    """What whoever asks it chooses; None where nobody asks for that."""
    shapes: list[Shape] = field(default_factory=list, compare=False, repr=False)
    """What it is without its values, once somebody asked for that."""

    name: str | None = field(init=False)
    kind: str = field(init=False)
    """`query`, `mutation` or `subscription`."""
    label: str = field(init=False)
    """What the log and the metrics call it: names that anybody may invent are one."""
    trusted_name: str | None = field(init=False)
    """What the database is told of it; None where anybody may have invented the name."""
    budget: Budget = field(init=False)
    """What is agreed of it, or of its kind where it is not one of our own."""
    variants: VariantBudgets | None = field(init=False, compare=False, repr=False)
    """What is agreed of its variants; None where that is the same for all."""

    def __post_init__(self) -> None:
        """Work out once what every request asks."""
        kind, document, definition = self.definition.operation.value, self.document, self.definition
        label, text = (document.name, document.text) if document else (UNTRUSTED, "")
        budget = budget_for(label, text, kind, document.objective if document else None)
        worked_out = {
            "name": definition.name.value if definition.name else None,
            "kind": kind,
            "label": label,
            "trusted_name": document and document.name,
            "budget": budget,
            "variants": _variants(budget, self.choices),
        }
        for name, value in worked_out.items():
            object.__setattr__(self, name, value)


def _variants(budget: Budget, choices: Choices | None) -> VariantBudgets | None:
    if not budget.variants or choices is None:
        return None
    variants = VariantBudgets(budget, choices)
    return None if variants.is_one else variants


class RequestRefused(Exception):
    """A request that is not executed; `errors` say why, `code` which kind of why."""

    def __init__(self, code: str, errors: Sequence[GraphQLError]) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Document:
    """What became of a text: operations, or why there are none, and how much is held for it."""

    operations: dict[str | None, Operation]
    refusal: tuple[str, list[GraphQLError]] | None = None
    nodes: int = 0

    def operation(self, name: str | None) -> Operation:
        """The operation `name`, or the only one; raises `RequestRefused`."""
        if self.refusal is not None:
            code, errors = self.refusal
            raise RequestRefused(code, errors)
        return named(self.operations, name)


def named(operations: dict[str | None, Operation], name: str | None) -> Operation:
    """The operation `name`, or the only one; raises `RequestRefused`."""
    if name is None and len(operations) == 1:
        return next(iter(operations.values()))
    operation = operations.get(name) if name is not None else None
    if operation is None:
        reason = "Several operations: name one." if name is None else "No operation has this name."
        raise RequestRefused("OPERATION_RESOLUTION_FAILURE", [GraphQLError(reason)])
    return operation
