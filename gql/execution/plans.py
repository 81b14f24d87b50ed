"""Selections of plain attributes, compiled into code that builds their part of the answer.

A field is plain when its value is an attribute of its parent and completing it needs nothing but a
look at the value: leaves, and objects and lists whose own selections are plain. For a selection
the compiled builder makes the whole response object at once, with a place kept for each field that
is not plain; those are left to the executor.

The builder is optimistic: at anything it does not expect (a null, a wrong type, an attribute that
is missing) it raises, and the executor completes the same value in the ordinary way, which finds
the error and says it in the ordinary words. Attributes are read twice then, resolvers never are.

Generated text holds attribute names of the schema's own types, checked to be identifiers; whatever
comes from a document is bound as a constant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

# Any: builders turn whatever a resolver gave into a JSON-like value.
Builder: TypeAlias = Callable[[Any], Any]
Collect: TypeAlias = Callable[[GraphQLObjectType, FieldDetailsList], GroupedFieldSet]

_INT_RANGE = range(-(2**31), 2**31)


class NotPlain(Exception):
    """A value that a builder did not expect."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to build one selection: everything plain, then the fields in `resolved`, in place."""

    build: Builder
    resolved: tuple[tuple[str, FieldDetailsList], ...]


class Plans:
    """The plans of one operation, made as its selections are first met."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._plans: dict[tuple[str, tuple[int, ...]], Plan] = {}
        self.is_usable = not _has_directives(document)

    def plan(self, parent: GraphQLObjectType, details: FieldDetailsList, collect: Collect) -> Plan:
        """The plan of what `details` select of a `parent`; `collect` gives their subfields."""
        key = parent.name, tuple(id(one.node) for one in details)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans.setdefault(key, self._compile(parent, details, collect))
        return plan

    def _compile(
        self, parent: GraphQLObjectType, details: FieldDetailsList, collect: Collect
    ) -> Plan:
        source = _Source()
        entries: list[str] = []
        resolved: list[tuple[str, FieldDetailsList]] = []
        for response_name, subdetails in collect(parent, details).items():
            value = self._plain_value(source, parent, subdetails, collect)
            if value is None:
                resolved.append((response_name, subdetails))
            entries.append(f"{source.bind(response_name)}: {value}")
        return Plan(source.compile(f"{{{', '.join(entries)}}}"), tuple(resolved))

    def _plain_value(
        self,
        source: "_Source",
        parent: GraphQLObjectType,
        details: FieldDetailsList,
        collect: Collect,
    ) -> str | None:
        """An expression for a plain field's completed value; None when the field is not plain."""
        name = details[0].node.name.value
        if name == "__typename":
            return source.bind(parent.name)
        field = self._schema.get_field(parent, name)
        attribute = _plain_attribute(field) if field else None
        if field is None or attribute is None:
            return None
        complete = self._completer(field.type, details, collect)
        return complete and f"{source.bind(complete)}(source.{attribute})"

    def _completer(
        self, type_: GraphQLOutputType, details: FieldDetailsList, collect: Collect
    ) -> Builder | None:
        """What completes a value of `type_`; None when that may need a resolver."""
        if not isinstance(type_, GraphQLNonNull):
            required = self._required(type_, details, collect)
            return required and _nullable(required)
        return self._required(type_.of_type, details, collect)

    def _required(
        self, type_: GraphQLOutputType, details: FieldDetailsList, collect: Collect
    ) -> Builder | None:
        if isinstance(type_, GraphQLEnumType | GraphQLScalarType):
            return _leaf(type_)
        if isinstance(type_, GraphQLList):
            item = self._completer(type_.of_type, details, collect)
            return item and _list_of(item)
        if isinstance(type_, GraphQLObjectType):
            plan = self.plan(type_, details, collect)
            return None if plan.resolved else _exactly(type_, plan.build)
        return None


class _Source:
    """The text of one builder and the constants that it refers to."""

    def __init__(self) -> None:
        self._constants: dict[str, object] = {}

    def bind(self, value: object) -> str:
        """A name for `value` in the text."""
        name = f"c{len(self._constants)}"
        self._constants[name] = value
        return name

    def compile(self, expression: str) -> Builder:
        """A function of `source` that gives `expression`."""
        builder: Builder = eval(f"lambda source: {expression}", self._constants)  # noqa: S307 - see the module
        return builder


def _plain_attribute(field: GraphQLField) -> str | None:
    """The attribute that the field reads, when that is all that it does."""
    definition = field.extensions.get("strawberry-definition")
    if definition is None or not definition.is_basic_field or field.args:
        return None
    attribute: str = definition.python_name
    return attribute if attribute.isidentifier() else None


def _has_directives(document: DocumentNode) -> bool:
    finder = _DirectiveFinder()
    visit(document, finder)
    return finder.found


class _DirectiveFinder(Visitor):
    found = False

    def enter_directive(self, _node: DirectiveNode, *_args: object) -> None:
        self.found = True


# Any: the values that are completed are whatever a resolver gave.
def _nullable(complete: Builder) -> Builder:
    def nullable(value: Any) -> Any:
        return None if value is None else complete(value)

    return nullable


def _list_of(complete: Builder) -> Builder:
    def list_of(value: Any) -> list[Any]:
        if type(value) is not list:
            raise NotPlain
        return [complete(item) for item in value]

    return list_of


def _exactly(type_: GraphQLObjectType, build: Builder) -> Builder:
    definition = type_.extensions.get("strawberry-definition")
    origin = definition.origin if definition else None

    def exactly(value: Any) -> Any:
        if type(value) is not origin:
            raise NotPlain
        return build(value)

    return exactly


def _leaf(type_: GraphQLLeafType) -> Builder:
    if isinstance(type_, GraphQLEnumType):
        return _enum_names(type_).__getitem__
    return _LEAVES.get(type_.name) or _custom_scalar(type_)


def _enum_names(type_: GraphQLEnumType) -> Mapping[object, str]:
    names = {value.value: name for name, value in type_.values.items()}
    definition = type_.extensions.get("strawberry-definition")
    if definition is None:
        return names
    # Resolvers give members, of which the type's own table knows only the values.
    return {member: names[member.value] for member in definition.wrapped_cls}


def _text(value: Any) -> str:
    if type(value) is not str:
        raise NotPlain
    return value


def _integer(value: Any) -> int:
    if type(value) is not int or value not in _INT_RANGE:
        raise NotPlain
    return value


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise NotPlain
    return value


_LEAVES: dict[str, Builder] = {
    "String": _text,
    "ID": _text,
    "Int": _integer,
    "Boolean": _boolean,
}


def _custom_scalar(type_: GraphQLScalarType) -> Builder:
    coerce = type_.coerce_output_value

    def custom(value: Any) -> Any:
        coerced = coerce(value)
        if value is None or coerced is None:
            raise NotPlain
        return coerced

    return custom
