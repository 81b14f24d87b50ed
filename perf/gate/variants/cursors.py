"""Real cursors, obtained by requesting the list from the document itself."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    NameNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    VisitorAction,
    parse,
    print_ast,
    visit,
)
from graphql.language import REMOVE, SKIP

from gql.documents.budgets.budget import DEFAULT
from gql.documents.budgets.choices import Choice
from gql.documents.trusted_documents import TrustedDocument
from perf.gate.execution.in_process import RunFailed
from perf.gate.scenarios.scenario import ScenarioContext, Variables
from services.callers.principal import Principal

_PLACE = 2
"""The position in a page, leaving more rows after the cursor if there are more rows."""
_NOWHERE = "nowhere"
_CURSORS = SelectionSetNode(
    selections=(
        FieldNode(
            name=NameNode(value="edges"),
            selection_set=SelectionSetNode(selections=(FieldNode(name=NameNode(value="cursor")),)),
        ),
    )
)


async def cursors_for(
    context: ScenarioContext,
    document: TrustedDocument,
    choice: Choice,
    variables: Variables,
    principal: Principal,
) -> str:
    """A cursor near the beginning for `after`, and near the end for `before`.

    It belongs to the list that the other variables select. An invalid cursor if the list is empty.
    """
    text = listing(document.text, choice)
    # Variables that only other parts of the document used are not declared any more.
    asked = {name: value for name, value in variables.items() if f"${name}:" in text}
    listed = TrustedDocument(f"Cursors{document.name}", text, DEFAULT)
    try:
        _, data = await context.runner.run(listed, principal, asked)
    except RunFailed:
        return _NOWHERE
    cursors = list(_cursors_in(data))
    if not cursors:
        return _NOWHERE
    place = min(_PLACE, len(cursors) - 1)
    is_forward = any(one.name == "after" for one in choice.places)
    return cursors[place if is_forward else -1 - place]


def listing(text: str, choice: Choice) -> str:
    """The document with only cursors selected where the choice is used, and without the choice."""
    document: DocumentNode = visit(parse(text), _Listing(choice.path[0]))
    return print_ast(_without_unused(document))


class _Listing(Visitor):
    def __init__(self, variable: str) -> None:
        super().__init__()
        self._variable = variable

    def leave_field(self, node: FieldNode, *_others: object) -> FieldNode | None:
        """Replace the selections of a field that takes the variable by cursors."""
        arguments = tuple(one for one in node.arguments or () if not self._is_it(one))
        if len(arguments) == len(node.arguments or ()):
            return None
        return FieldNode(
            name=node.name,
            alias=node.alias,
            directives=node.directives,
            arguments=arguments,
            selection_set=_CURSORS,
        )

    def _is_it(self, argument: ArgumentNode) -> bool:
        value = argument.value
        return isinstance(value, VariableNode) and value.name.value == self._variable


class _Used(Visitor):
    """Collects the variables and fragments that are used."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.fragments: set[str] = set()

    def enter_variable_definition(self, *_others: object) -> VisitorAction:
        """Skip definitions, which are no use."""
        return SKIP

    def enter_variable(self, node: VariableNode, *_others: object) -> None:
        """Collect a variable."""
        self.variables.add(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_others: object) -> None:
        """Collect a fragment."""
        self.fragments.add(node.name.value)


class _Unused(Visitor):
    """Removes the definitions that are not used."""

    def __init__(self, used: _Used) -> None:
        super().__init__()
        self._used = used

    def enter_variable_definition(
        self, node: VariableDefinitionNode, *_others: object
    ) -> VisitorAction:
        """Remove an unused variable."""
        return None if node.variable.name.value in self._used.variables else REMOVE

    def enter_fragment_definition(
        self, node: FragmentDefinitionNode, *_others: object
    ) -> VisitorAction:
        """Remove an unused fragment."""
        return None if node.name.value in self._used.fragments else REMOVE


def _without_unused(document: DocumentNode) -> DocumentNode:
    while True:
        used = _Used()
        visit(document, used)
        smaller: DocumentNode = visit(document, _Unused(used))
        if smaller == document:
            return smaller
        document = smaller


# Any: data is JSON.
def _cursors_in(data: Any) -> Iterator[str]:
    """The cursors of the first connection found."""
    if isinstance(data, list):
        for one in data:
            yield from _cursors_in(one)
    elif isinstance(data, dict):
        edges = data.get("edges")
        if isinstance(edges, list) and all(one.keys() == {"cursor"} for one in edges):
            yield from (one["cursor"] for one in edges)
        else:
            for value in data.values():
                yield from _cursors_in(value)
