"""Documents, parsed and validated once and then kept."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.collect_fields import FragmentDetails

from gql.execution.frames import forget_frames
from gql.execution.plans import Plans
from gql.execution.put_off import puts_off
from gql.operations.analysis import Analysis, TooManySelections
from gql.operations.budgets import Budget, budget_for
from gql.operations.cost import OperationCost
from gql.operations.limits import LIMIT_EXCEEDED, Limits, exceeded
from services.operations.records import RegisteredDocument

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
_KEPT_DOCUMENTS = 1_000
# A prepared document takes about a hundred times the memory of its text.
_KEPT_CHARACTERS = 300_000
_LONGEST_KEPT_CHARACTERS = 100_000
_RULES = tuple(specified_rules)
UNTRUSTED = "untrusted"
"""What every operation is called that is not in a trusted document."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a valid document, ready to run; `document` where it is a trusted one."""

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

    name: str | None = field(init=False)
    kind: str = field(init=False)
    """`query`, `mutation` or `subscription`."""
    label: str = field(init=False)
    """What the log and the metrics call it: names that anybody may invent are one."""
    trusted_name: str | None = field(init=False)
    """What the database is told of it; None where anybody may have invented the name."""
    budget: Budget = field(init=False)
    """What is agreed of it, or of its kind where it is not one of our own."""

    def __post_init__(self) -> None:
        """Work out once what every request asks."""
        kind, document, definition = self.definition.operation.value, self.document, self.definition
        label, text = (document.name, document.text) if document else (UNTRUSTED, "")
        worked_out = {
            "name": definition.name.value if definition.name else None,
            "kind": kind,
            "label": label,
            "trusted_name": document and document.name,
            "budget": budget_for(label, text, kind),
        }
        for name, value in worked_out.items():
            object.__setattr__(self, name, value)


class RequestRefused(Exception):
    """A request that is not executed; `errors` say why, `code` which kind of why."""

    def __init__(self, code: str, errors: Sequence[GraphQLError]) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors


@dataclass(slots=True)
class _Document:
    operations: dict[str | None, Operation] = field(default_factory=dict)
    refusal: tuple[str, list[GraphQLError]] | None = None


class Preparation:
    """The documents of one schema, the most recently used kept, refused ones too."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        limits: Limits,
        allows_introspection: bool,
        hides_suggestions: bool | None = None,
        is_compiled: bool = True,
    ) -> None:
        """Suggestions are hidden, unless it is said, where introspection is not allowed."""
        self._schema = schema
        self._hides_suggestions = (
            not allows_introspection if hides_suggestions is None else hides_suggestions
        )
        self._rules = _RULES if allows_introspection else (*_RULES, NoSchemaIntrospectionCustomRule)
        self._limits = limits
        self._is_compiled = is_compiled
        self._kept: OrderedDict[str, _Document] = OrderedDict()
        self._kept_characters = 0

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation `name` of the document `text`, or its only one.

        Raises `RequestRefused` for what cannot be parsed, is not valid, or does not name one.
        """
        document = self._kept.get(text)
        if document is None:
            document = self._prepare(text)
            if document.refusal is not None:
                forget_frames(document.refusal[1])
            if len(text) <= _LONGEST_KEPT_CHARACTERS:
                self._keep(text, document)
        else:
            self._kept.move_to_end(text)
        return named(_operations_of(document), name)

    def only_operation(self, text: str) -> Operation:
        """The only operation of the document `text`, which is not kept here.

        Raises `RequestRefused`.
        """
        return named(_operations_of(self._prepare(text, is_lasting=True)), None)

    def _keep(self, text: str, document: _Document) -> None:
        self._kept[text] = document
        self._kept_characters += len(text)
        while len(self._kept) > _KEPT_DOCUMENTS or self._kept_characters > _KEPT_CHARACTERS:
            forgotten, _ = self._kept.popitem(last=False)
            self._kept_characters -= len(forgotten)

    def _prepare(self, text: str, *, is_lasting: bool = False) -> _Document:
        try:
            parsed = parse(
                text, max_lexical_tokens=self._limits.tokens, allow_empty_selection_sets=False
            )
        except GraphQLSyntaxError as error:
            return _Document(refusal=(PARSE_FAILED, [error]))
        limited = exceeded(parsed, self._limits)
        if limited:
            return _Document(refusal=(LIMIT_EXCEEDED, [limited]))
        errors = validate(
            self._schema,
            parsed,
            rules=self._rules,
            hide_suggestions=self._hides_suggestions,
        )
        if errors:
            return _Document(refusal=("GRAPHQL_VALIDATION_FAILED", errors))
        try:
            return _Document(operations=self._operations(parsed, is_lasting=is_lasting))
        except TooManySelections:
            many = GraphQLError("The document's fragments select in too many ways.")
            return _Document(refusal=(LIMIT_EXCEEDED, [many]))

    def _operations(
        self, document: DocumentNode, *, is_lasting: bool
    ) -> dict[str | None, Operation]:
        fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        analysis = Analysis(self._schema, fragments)
        details = {name: FragmentDetails(one, None) for name, one in fragments.items()}

        is_put_off = puts_off(document)

        def operation(definition: OperationDefinitionNode) -> Operation:
            plans = Plans(self._schema, definition, details, is_lasting=is_lasting)
            return Operation(
                definition,
                details,
                fragments,
                plans if self._is_compiled and not is_put_off else None,
                analysis.cost(definition),
                puts_off=is_put_off,
                hides_suggestions=self._hides_suggestions,
            )

        return {
            definition.name.value if definition.name else None: operation(definition)
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        }


def _operations_of(document: _Document) -> dict[str | None, Operation]:
    if document.refusal is not None:
        code, errors = document.refusal
        raise RequestRefused(code, errors)
    return document.operations


def named(operations: dict[str | None, Operation], name: str | None) -> Operation:
    """The operation `name`, or the only one; raises `RequestRefused`."""
    if name is None and len(operations) == 1:
        return next(iter(operations.values()))
    operation = operations.get(name) if name is not None else None
    if operation is None:
        reason = "Several operations: name one." if name is None else "No operation has this name."
        raise RequestRefused("OPERATION_RESOLUTION_FAILURE", [GraphQLError(reason)])
    return operation
