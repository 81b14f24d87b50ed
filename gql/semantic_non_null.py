"""Prints a schema for clients that ask with `onError: NULL`: null only on error, field by field.

Where an error nulls its own field, a non-null type promises too much: each becomes nullable, with
`@semanticNonNull` for the levels that are null on error alone, of which Relay and Apollo Kotlin
make types that need no check.
https://specs.apollo.dev/nullability/v0.4/
"""

from dataclasses import replace

from graphql import (
    ConstArgumentNode,
    ConstDirectiveNode,
    ConstListValueNode,
    FieldDefinitionNode,
    IntValueNode,
    ListTypeNode,
    NameNode,
    NonNullTypeNode,
    TypeNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

_NAME = "semanticNonNull"
DEFINITION = f'''"""
The field is null only where an error of its path is told: `levels` are those of its lists, 0
being the field itself. A client that stops at errors need not expect null there.
"""
directive @{_NAME}(levels: [Int!]! = [0]) on FIELD_DEFINITION
'''


def with_semantic_non_null(sdl: str) -> str:
    """The same schema with nullable output types, and the directive where they were non-null.

    Types of arguments and inputs stay as they are.
    """
    return f"{DEFINITION}\n{print_ast(visit(parse(sdl), _Relaxer()))}\n"


class _Relaxer(Visitor):
    def leave_field_definition(
        self, node: FieldDefinitionNode, *_args: object
    ) -> FieldDefinitionNode:
        levels: list[int] = []
        relaxed = _relaxed(node.type, 0, levels)
        if not levels:
            return node
        directives = (*(node.directives or ()), _directive(levels))
        return replace(node, type=relaxed, directives=directives)


def _relaxed(type_: TypeNode, level: int, levels: list[int]) -> TypeNode:
    """The type without non-null, whose levels are added."""
    if isinstance(type_, NonNullTypeNode):
        levels.append(level)
        type_ = type_.type
    if isinstance(type_, ListTypeNode):
        return replace(type_, type=_relaxed(type_.type, level + 1, levels))
    return type_


def _directive(levels: list[int]) -> ConstDirectiveNode:
    arguments: tuple[ConstArgumentNode, ...] = ()
    if levels != [0]:
        values = tuple(IntValueNode(value=str(level)) for level in levels)
        value = ConstListValueNode(values=values)
        arguments = (ConstArgumentNode(name=NameNode(value="levels"), value=value),)
    return ConstDirectiveNode(name=NameNode(value=_NAME), arguments=arguments)
