"""The JSON Schema of an operation's answer, for callers that know JSON Schema and no GraphQL.

It promises what every answer keeps: a field that a directive or a type may leave out is not
required, and enums are strings, so that a value that is new breaks nobody.
https://json-schema.org/draft/2020-12
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
)

from gql.documents.registry.variables_schema import JsonSchema, nullable, scalar_schema

_TYPE_NAME = "__typename"
_STRING: JsonSchema = {"type": "string"}
_ERRORS: JsonSchema = {"type": "array", "items": {"type": "object"}}


def answer_schema(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> JsonSchema:
    """The schema of `data` and `errors`, of an operation of a valid document.

    Either may be missing, and there may be more beside them.
    """
    root = schema.get_root_type(operation.operation)
    if root is None:
        raise ValueError(f"the schema has no {operation.operation.value}")
    data = _Shapes(schema, fragments).of([_Selected(root, operation.selection_set, True)])
    return {"type": "object", "properties": {"data": nullable(data), "errors": _ERRORS}}


class _Selected(NamedTuple):
    """Fields of an object; `is_certain` where nothing can leave them out."""

    parent: GraphQLNamedType
    selections: SelectionSetNode
    is_certain: bool


class _Field(NamedTuple):
    key: str
    # Any: graphql-core's types are narrower than its guards.
    type_: Any
    node: FieldNode
    is_certain: bool


class _Shapes:
    """The shapes of objects, of one document."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self._fragments = fragments

    def of(self, selected: Iterable[_Selected]) -> JsonSchema:
        """The schema of an object of which all of this is selected."""
        by_key: dict[str, list[_Field]] = {}
        seen = set[str]()
        for one in selected:
            for field in self._fields(one, seen):
                by_key.setdefault(field.key, []).append(field)
        required = [key for key, same in by_key.items() if any(one.is_certain for one in same)]
        properties = {key: self._value(same[0].type_, same) for key, same in by_key.items()}
        return {"type": "object", "properties": properties} | (
            {"required": required} if required else {}
        )

    def _fields(self, selected: _Selected, seen: set[str]) -> Iterator[_Field]:
        """The fields of one object, each fragment once, as they are collected when it runs."""
        for node in selected.selections.selections:
            is_certain = selected.is_certain and not _may_be_left_out(node.directives or ())
            if isinstance(node, FieldNode):
                yield self._field(selected.parent, node, is_certain=is_certain)
                continue
            fragment = self._fragment(node, seen)
            if fragment is None:
                continue
            parent, condition = selected.parent, fragment.type_condition
            if condition is not None:
                parent = self._schema.type_map[condition.name.value]
                is_certain = is_certain and self._is_always(selected.parent, parent)
            yield from self._fields(_Selected(parent, fragment.selection_set, is_certain), seen)

    def _fragment(
        self, node: SelectionNode, seen: set[str]
    ) -> InlineFragmentNode | FragmentDefinitionNode | None:
        """The fragment of a selection that is no field; None if it was seen before."""
        if isinstance(node, InlineFragmentNode):
            return node
        if not isinstance(node, FragmentSpreadNode) or node.name.value in seen:
            return None
        seen.add(node.name.value)
        return self._fragments[node.name.value]

    def _field(self, parent: GraphQLNamedType, node: FieldNode, *, is_certain: bool) -> _Field:
        name = node.name.value
        key = node.alias.value if node.alias else name
        # Any: a field's parent has fields, unless the field is `__typename`.
        composite: Any = parent
        type_ = None if name == _TYPE_NAME else composite.fields[name].type
        return _Field(key, type_, node, is_certain)

    # Any: as above; None is the type of `__typename`.
    def _value(self, type_: Any, same: list[_Field]) -> JsonSchema:
        if type_ is None:
            return dict(_STRING)
        if isinstance(type_, GraphQLNonNull):
            return self._not_null(type_.of_type, same)
        return nullable(self._not_null(type_, same))

    # Any: as above.
    def _not_null(self, type_: Any, same: list[_Field]) -> JsonSchema:
        if isinstance(type_, GraphQLList):
            return {"type": "array", "items": self._value(type_.of_type, same)}
        below = [
            _Selected(get_named_type(one.type_), one.node.selection_set, one.is_certain)
            for one in same
            if one.node.selection_set is not None
        ]
        if below:
            return self.of(below)
        return dict(_STRING) if isinstance(type_, GraphQLEnumType) else scalar_schema(type_.name)

    def _is_always(self, parent: GraphQLNamedType, condition: GraphQLNamedType) -> bool:
        """Whether every object of the parent's type is one of the condition's."""
        if parent is condition:
            return True
        # Any: graphql-core's types are narrower than its guards.
        abstract: Any = condition
        of_object: Any = parent
        return is_abstract_type(condition) and self._schema.is_sub_type(abstract, of_object)


def _may_be_left_out(directives: Iterable[DirectiveNode]) -> bool:
    return any(one.name.value in {"skip", "include", "defer"} for one in directives)
