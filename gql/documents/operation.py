"""One operation of a valid document, with everything that is computed once for all requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import FragmentDefinitionNode, GraphQLError, OperationDefinitionNode
from graphql.execution.collect_fields import FragmentDetails

from gql.compiler.plan_cache import OperationPlans
from gql.documents.budgets.choices import Choices
from gql.documents.budgets.variant_budgets import VariantBudgets
from gql.documents.caching import CachePolicy
from gql.documents.cost.operation_cost import OperationCost
from gql.documents.trusted_documents import Budget, budget_for
from services.documents.records import NormalizedDocument, RegisteredDocument

UNTRUSTED = "untrusted"
"""The label of every operation that is not from a trusted document."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a valid document, ready to run; `document` is set for a trusted one."""

    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    fragment_definitions: dict[str, FragmentDefinitionNode]
    plans: OperationPlans | None
    """Its compiled plans; None if graphql-core executes it."""
    cost: OperationCost
    document: RegisteredDocument | None = None
    uses_incremental_delivery: bool = False
    """Whether it has `@defer` or `@stream`, so that its answer may come in parts."""
    hides_suggestions: bool = False
    """Whether errors must not suggest similar names of the schema."""
    caching: CachePolicy = field(default_factory=CachePolicy)
    """What caches may do with its answers."""
    choices: Choices | None = field(default=None, compare=False, repr=False)
    """The choices of a request; None if they are not needed."""
    normalized: list[NormalizedDocument] = field(default_factory=list, compare=False, repr=False)
    """A cache of its normalized document, without literal values: empty or one item."""

    name: str | None = field(init=False)
    kind: str = field(init=False)
    """`query`, `mutation` or `subscription`."""
    label: str = field(init=False)
    """Its name in logs and metrics; one name for all that are not trusted."""
    trusted_name: str | None = field(init=False)
    """Its name in comments of SQL statements; None if it is not trusted."""
    budget: Budget = field(init=False)
    """Its budget, or the default of its kind if it is not one of our own."""
    variants: VariantBudgets | None = field(init=False, compare=False, repr=False)
    """The budgets of its variants; None if they are all the same."""

    def __post_init__(self) -> None:
        """Compute once what every request needs."""
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
    return None if variants.is_uniform else variants


class RequestRefused(Exception):
    """A request that is not executed; `errors` say why, and `code` is the kind of reason."""

    def __init__(self, code: str, errors: Sequence[GraphQLError]) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Document:
    """The result of preparing a text: its operations or a refusal, and the number of its nodes."""

    operations: dict[str | None, Operation]
    refusal: tuple[str, list[GraphQLError]] | None = None
    nodes: int = 0

    def operation(self, name: str | None) -> Operation:
        """The operation `name`, or the only one; raises `RequestRefused`."""
        if self.refusal is not None:
            code, errors = self.refusal
            raise RequestRefused(code, errors)
        return select_operation(self.operations, name)


def select_operation(operations: dict[str | None, Operation], name: str | None) -> Operation:
    """The operation `name`, or the only one; raises `RequestRefused`."""
    if name is None and len(operations) == 1:
        return next(iter(operations.values()))
    operation = operations.get(name) if name is not None else None
    if operation is None:
        reason = "Several operations: name one." if name is None else "No operation has this name."
        raise RequestRefused("OPERATION_RESOLUTION_FAILURE", [GraphQLError(reason)])
    return operation
