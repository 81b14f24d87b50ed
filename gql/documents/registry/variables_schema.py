"""The JSON Schema of an operation's variables, for callers that know JSON Schema and no GraphQL.

https://json-schema.org/draft/2020-12
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeNode,
    VariableDefinitionNode,
    is_required_input_field,
    type_from_ast,
    value_from_ast_untyped,
)
from graphql.utilities.get_default_value_ast import get_default_value_ast

# Any: a schema is JSON.
JsonSchema: TypeAlias = dict[str, Any]
_SCALARS: Mapping[str, JsonSchema] = {
    "Int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "Float": {"type": "number"},
    "String": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "ID": {"type": "string"},
    "Date": {"type": "string", "format": "date"},
    "DateTime": {"type": "string", "format": "date-time"},
    "BigInt": {"type": "string", "pattern": "^-?[0-9]+$"},
}
_DEFINITIONS = "$defs"


def variables_schema(schema: GraphQLSchema, operation: OperationDefinitionNode) -> JsonSchema:
    """The schema of the object of an operation's variables; no other members are allowed.

    Descriptions are those of the variables, else of their types. Whatever is valid by it is
    coerced, but for what only scalars check, such as whether a date exists.
    """
    definitions: dict[str, JsonSchema] = {}
    variables = operation.variable_definitions or ()
    return _object(
        {one.variable.name.value: _variable(schema, one, definitions) for one in variables},
        [one.variable.name.value for one in variables if _is_required(one)],
    ) | ({_DEFINITIONS: definitions} if definitions else {})


def _is_required(variable: VariableDefinitionNode) -> bool:
    return variable.type.kind == "non_null_type" and variable.default_value is None


def _variable(
    schema: GraphQLSchema, variable: VariableDefinitionNode, definitions: dict[str, JsonSchema]
) -> JsonSchema:
    of_type = _of_type(_input_type(schema, variable.type), definitions)
    if variable.default_value is not None:
        of_type["default"] = value_from_ast_untyped(variable.default_value)
    description = getattr(variable, "description", None)
    if description is not None:
        of_type["description"] = description.value
    return of_type


# Any: of a valid document every variable has an input type.
def _input_type(schema: GraphQLSchema, node: TypeNode) -> Any:
    return type_from_ast(schema, node)


def _of_type(type_: GraphQLInputType, definitions: dict[str, JsonSchema]) -> JsonSchema:
    if isinstance(type_, GraphQLNonNull):
        return _not_null(type_.of_type, definitions)
    return nullable(_not_null(type_, definitions))


def nullable(schema: JsonSchema) -> JsonSchema:
    """The same, or null."""
    if isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def scalar_schema(name: str) -> JsonSchema:
    """The schema of a scalar's values; of one that is not known, that of anything."""
    return dict(_SCALARS.get(name, {}))


# Any: graphql-core's types are narrower than its guards.
def _not_null(type_: Any, definitions: dict[str, JsonSchema]) -> JsonSchema:
    if isinstance(type_, GraphQLList):
        return {"type": "array", "items": _of_type(type_.of_type, definitions)}
    if isinstance(type_, GraphQLInputObjectType | GraphQLEnumType):
        if type_.name not in definitions:
            definitions[type_.name] = {}
            definitions[type_.name] = _definition(type_, definitions)
        return {"$ref": f"#/{_DEFINITIONS}/{type_.name}"}
    described = {} if type_.description is None else {"description": type_.description}
    return {**_SCALARS.get(type_.name, {}), **(described if type_.name not in _STANDARD else {})}


_STANDARD = frozenset({"Int", "Float", "String", "Boolean", "ID"})


def _definition(
    type_: GraphQLInputObjectType | GraphQLEnumType, definitions: dict[str, JsonSchema]
) -> JsonSchema:
    described = {"description": type_.description} if type_.description else {}
    if isinstance(type_, GraphQLEnumType):
        values = [
            f"{name}: {value.description}"
            for name, value in type_.values.items()
            if value.description
        ]
        text = "\n".join([*described.values(), *values])
        return {"type": "string", "enum": list(type_.values)} | (
            {"description": text} if text else {}
        )
    properties = {}
    for name, field in type_.fields.items():
        # Of an object of one member, this must not be null.
        of_field = (_not_null if type_.is_one_of else _of_type)(field.type, definitions)
        if field.description:
            of_field["description"] = field.description
        default = get_default_value_ast(field)
        if default is not None:
            of_field["default"] = value_from_ast_untyped(default)
        properties[name] = of_field
    required = [name for name, one in type_.fields.items() if is_required_input_field(one)]
    one_of = {"minProperties": 1, "maxProperties": 1} if type_.is_one_of else {}
    return _object(properties, required) | described | one_of


def _object(properties: dict[str, JsonSchema], required: list[str]) -> JsonSchema:
    made: JsonSchema = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | ({"required": required} if required else {})
