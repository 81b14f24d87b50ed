"""Coerces variables with functions that are prepared once per type.

A value that is not exactly what its type expects raises `NotCoerced`. Then graphql-core coerces it,
or reports what is wrong.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    Undefined,
    VariableDefinitionNode,
    is_leaf_type,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value

# Any, in this module: values are JSON, and become whatever scalars parse.
CoerceInput: TypeAlias = Callable[[Any], Any]
_LOWEST, _HIGHEST = -(2**31), 2**31 - 1
_new = tuple.__new__
"""Makes a named tuple without calling its class, which is slower."""


class NotCoerced(Exception):
    """A value that graphql-core must coerce."""


class VariableCoercion:
    """Coerces the variables of one operation."""

    def __init__(
        self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]
    ) -> None:
        """Raises `NotCoerced` for a variable whose type only graphql-core can coerce."""
        self._variables = [_variable(schema, one) for one in definitions]

    def of(self, given: Mapping[str, Any]) -> VariableValues:
        """The coerced values; raises `NotCoerced`."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, signature, source, default, is_optional, coerce in self._variables:
            if name in given:
                value = given[name]
                sources[name] = _new(VariableValueSource, (signature, value))
                coerced[name] = coerce(value)
            elif default is not Undefined:
                sources[name] = source
                coerced[name] = default
            elif is_optional:
                sources[name] = source
            else:
                raise NotCoerced
        return _new(VariableValues, (sources, coerced))


_Variable: TypeAlias = tuple[str, Any, VariableValueSource, Any, bool, CoerceInput]


def _variable(schema: GraphQLSchema, definition: VariableDefinitionNode) -> _Variable:
    signature: Any = get_variable_signature(schema, definition)
    type_ = getattr(signature, "type", None)
    if type_ is None:
        raise NotCoerced
    default = constant_default(signature) if definition.default_value else Undefined
    is_optional = not isinstance(type_, GraphQLNonNull) and not definition.default_value
    source = VariableValueSource(signature)
    return signature.name, signature, source, default, is_optional, coercer(type_)


def constant_default(definition: GraphQLArgument | GraphQLInputField) -> Any:
    """The default of an argument or input field; raises `NotCoerced` for a mutable one."""
    try:
        default = coerce_default_value(definition)
    except TypeError:
        raise NotCoerced from None
    if default is not Undefined and isinstance(default, list | dict):
        raise NotCoerced
    return default


def coercer(type_: GraphQLInputType, above: tuple[object, ...] = ()) -> CoerceInput:
    """The function that coerces values of a type; it raises `NotCoerced`, as does this one."""
    if isinstance(type_, GraphQLNonNull):
        return _required(type_.of_type, above)
    coerce = _required(type_, above)

    def coerce_nullable(value: Any) -> Any:
        return None if value is None else coerce(value)

    return coerce_nullable


def _required(type_: GraphQLInputType, above: tuple[object, ...]) -> CoerceInput:
    if isinstance(type_, GraphQLList):
        return _list(coercer(type_.of_type, above))
    if isinstance(type_, GraphQLInputObjectType):
        return _object(type_, above)
    if not is_leaf_type(type_):
        raise NotCoerced
    return _leaf(type_)


def _list(coerce_item: CoerceInput) -> CoerceInput:
    def coerce(value: Any) -> Any:
        if type(value) is not list:
            raise NotCoerced
        return [coerce_item(item) for item in value]

    return coerce


def _object(type_: GraphQLInputObjectType, above: tuple[object, ...]) -> CoerceInput:
    has_own_out = "out_type" in vars(type_) or type(type_) is not GraphQLInputObjectType
    if type_ in above or type_.is_one_of or has_own_out:
        raise NotCoerced
    fields = [
        (
            name,
            field.out_name or name,
            is_required_input_field(field),
            constant_default(field),
            coercer(field.type, (*above, type_)),
        )
        for name, field in type_.fields.items()
    ]
    known = type_.fields.keys()

    def coerce(value: Any) -> Any:
        if type(value) is not dict or not value.keys() <= known:
            raise NotCoerced
        coerced = {}
        for name, out_name, is_required, default, coerce_field in fields:
            if name in value:
                coerced[out_name] = coerce_field(value[name])
            elif is_required:
                raise NotCoerced
            elif default is not Undefined:
                coerced[out_name] = default
        return coerced

    return coerce


def _leaf(type_: Any) -> CoerceInput:
    exact = _EXACT.get(type_) if isinstance(type_, GraphQLScalarType) else None
    coerce_input = type_.coerce_input_value
    if exact is not None and coerce_input == exact[0]:
        return exact[1]
    if isinstance(type_, GraphQLEnumType) and "coerce_input_value" not in vars(type_):
        return _enum({name: coerce_input(name) for name in type_.values})

    def coerce(value: Any) -> Any:
        if value is None:
            raise NotCoerced
        try:
            coerced = coerce_input(value)
        except Exception:  # noqa: BLE001 - graphql-core catches the same, and reports it
            raise NotCoerced from None
        if coerced is Undefined:
            raise NotCoerced
        return coerced

    return coerce


def _enum(values: dict[str, Any]) -> CoerceInput:
    def coerce(value: Any) -> Any:
        if type(value) is not str or value not in values:
            raise NotCoerced
        return values[value]

    return coerce


def _text(value: Any) -> Any:
    if type(value) is not str:
        raise NotCoerced
    return value


def _int(value: Any) -> Any:
    if type(value) is not int or not _LOWEST <= value <= _HIGHEST:
        raise NotCoerced
    return value


def _float(value: Any) -> Any:
    if type(value) is not float or not isfinite(value):
        raise NotCoerced
    return value


def _boolean(value: Any) -> Any:
    if value is not True and value is not False:
        raise NotCoerced
    return value


_EXACT: dict[GraphQLScalarType, tuple[Any, CoerceInput]] = {
    GraphQLString: (GraphQLString.coerce_input_value, _text),
    GraphQLID: (GraphQLID.coerce_input_value, _text),
    GraphQLInt: (GraphQLInt.coerce_input_value, _int),
    GraphQLFloat: (GraphQLFloat.coerce_input_value, _float),
    GraphQLBoolean: (GraphQLBoolean.coerce_input_value, _boolean),
}
