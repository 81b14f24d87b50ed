"""Real cursors: the document itself, asked for the places of the list that a cursor is for."""

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

from gql.documents.agreement import DEFAULT
from gql.documents.budgets import TrustedDocument
from gql.documents.choices import Choice
from perf.gate.flows import Asking, Variables
from perf.gate.running import FlowFailed
from services.principal import Principal

_PLACE = 2
"""How far into a page, so that the rest of it still has more for more rows."""
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
    asking: Asking,
    document: TrustedDocument,
    choice: Choice,
    variables: Variables,
    principal: Principal,
) -> str:
    """A cursor near the beginning for `after`, and near the end for `before`.

    It is of the list that the other variables name; where nothing is listed it is none.
    """
    text = listing(document.text, choice)
    # What the rest of the document took besides is not used any more.
    asked = {name: value for name, value in variables.items() if f"${name}:" in text}
    listed = TrustedDocument(f"Cursors{document.name}", text, DEFAULT)
    try:
        _, data = await asking.runner.run(listed, principal, asked)
    except FlowFailed:
        return _NOWHERE
    cursors = list(_cursors_in(data))
    if not cursors:
        return _NOWHERE
    place = min(_PLACE, len(cursors) - 1)
    is_forward = any(one.name == "after" for one in choice.places)
    return cursors[place if is_forward else -1 - place]


def listing(text: str, choice: Choice) -> str:
    """The document with nothing but cursors where the choice is used, and without the choice."""
    document: DocumentNode = visit(parse(text), _Listing(choice.path[0]))
    return print_ast(_without_unused(document))


class _Listing(Visitor):
    def __init__(self, variable: str) -> None:
        super().__init__()
        self._variable = variable

    def leave_field(self, node: FieldNode, *_others: object) -> FieldNode | None:
        """Select nothing but cursors of what takes the variable."""
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
    """Notes the variables and fragments that are used."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.fragments: set[str] = set()

    def enter_variable_definition(self, *_others: object) -> VisitorAction:
        """Pass over what is no use."""
        return SKIP

    def enter_variable(self, node: VariableNode, *_others: object) -> None:
        """Note a variable."""
        self.variables.add(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_others: object) -> None:
        """Note a fragment."""
        self.fragments.add(node.name.value)


class _Unused(Visitor):
    """Leaves out the definitions of what is not used."""

    def __init__(self, used: _Used) -> None:
        super().__init__()
        self._used = used

    def enter_variable_definition(
        self, node: VariableDefinitionNode, *_others: object
    ) -> VisitorAction:
        """Leave out a variable."""
        return None if node.variable.name.value in self._used.variables else REMOVE

    def enter_fragment_definition(
        self, node: FragmentDefinitionNode, *_others: object
    ) -> VisitorAction:
        """Leave out a fragment."""
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
    """The cursors of the first list that there is."""
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
