"""From one operation to the functions that build its answer.

A function builds the value of one call from what the resolver gave: the whole of it down to the
next calls, in one piece of straight code with a loop for each list. A call whose value is at once
there is completed where it stands, or by the function for its values; one that has to be awaited is
left as pending. Resolvers are called in the order in which graphql-core calls them.

The code is optimistic. Whatever it does not expect raises, and nothing in it handles an error.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution import default_type_resolver
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.executor import get_typename
from graphql.execution.values import VariableValues
from graphql.pyutils import is_awaitable

from gql.execution import strawberry_fields
from gql.execution.arguments import Coerce, arguments
from gql.execution.code import Code, Function, TooMuchCode, is_name
from gql.execution.fields import Attribute, Call, Member, access
from gql.execution.leaves import leaf
from gql.execution.replay import Raised
from gql.execution.sites import LazyInfo, Site, Sites, Step
from gql.execution.sources import NotThere, ObjectSource, RowSource, Source, Variable
from gql.execution.values import Unexpected, admit, is_ordinary
from gql.rows import Rows, Shape, shape_of

MOST_FIELDS = 500
"""Of the code of one operation, fields of several possible types counted for each."""
_MOST_LOOPS = 10
_NAMES = {
    "admit": admit,
    "is_awaitable": is_awaitable,
    "LazyInfo": LazyInfo,
    "Raised": Raised,
    "Rows": Rows,
    "typename": get_typename,
    "Unexpected": Unexpected,
}


class NotCompiled(Exception):
    """The operation has something that only graphql-core's executor does."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The compiled code of an operation.

    `roots` give the root fields: all at once, or each of them where they follow one another. Each
    takes the executor, the root value, and the object to fill.
    """

    roots: tuple[Callable[..., None], ...]
    coerce: tuple[Coerce, ...]
    """What gives the arguments that are coerced once a request."""
    sites: Sites
    text: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where code stands: what leads there from the call that it completes."""

    steps: tuple[Step, ...] = ()
    indexes: tuple[str, ...] = ()

    def field(self, response_name: str, parent: GraphQLObjectType) -> "_Place":
        return replace(self, steps=(*self.steps, (response_name, parent.name)))

    def item(self, index: str) -> "_Place":
        return _Place((*self.steps, None), (*self.indexes, index))


@dataclass(slots=True)
class _Built:
    """The fields of an object in the making: keys with values, and what they wait for."""

    entries: list[tuple[str, str]] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    """Lines to follow once the object is there, with `{0}` for it."""


class Compiler:
    """Compiles one operation, for values of its variables that decide what is included."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = fragments
        self._variables = variables
        self._code = Code()
        self._sites = Sites()
        self._coerce: list[Coerce] = []
        self._fields = 0

    def plan(self) -> Plan:
        """The compiled operation; raises `NotCompiled`."""
        try:
            headers = self._roots()
            space = self._code.compiled({**_NAMES, "sites": self._sites})
        except (TooMuchCode, GraphQLError, RecursionError, SyntaxError) as error:
            raise NotCompiled from error
        roots = tuple(space[header.partition("(")[0]] for header in headers)
        return Plan(roots, tuple(self._coerce), self._sites, self._code.text)

    def _roots(self) -> list[str]:
        operation = self._operation
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            raise NotCompiled
        grouped = collect_fields(
            self._schema, self._fragments, self._variables, root, operation
        ).grouped_field_set
        groups = [grouped]
        if operation.operation is OperationType.MUTATION:
            groups = [{name: details} for name, details in grouped.items()]
        return [self._root(number, root, group) for number, group in enumerate(groups)]

    def _root(self, number: int, root: GraphQLObjectType, grouped: GroupedFieldSet) -> str:
        header = f"root{number}(run, source, answer)"
        out = self._function(header)
        out.line("key = ()")
        out.line("if source is not None: admit(source)")
        built = self._fields_of(out, root, grouped, ObjectSource("source"), _Place())
        for key, value in built.entries:
            out.line(f"answer[{key}] = {value}")
        self._wait(out, built, "answer")
        out.line("return")
        return header

    def _function(self, header: str) -> Function:
        out = self._code.function(header)
        out.line("outcomes = run.outcomes")
        out.line("pending = run.pending")
        out.line("shared = run.arguments")
        return out

    # Objects and their fields

    def _fields_of(
        self,
        out: Function,
        parent: GraphQLObjectType,
        grouped: GroupedFieldSet,
        source: Source,
        place: _Place,
    ) -> _Built:
        built = _Built()
        fields = [
            (response_name, details, self._schema.get_field(parent, details[0].node.name.value))
            for response_name, details in grouped.items()
        ]
        found = [
            (name, details, one, access(self._schema, one)) for name, details, one in fields if one
        ]
        is_member = any(isinstance(how, Member) for *_, how in found)
        is_dict = out.name() if is_member else ""
        if is_member:
            out.line(f"{is_dict} = type({source.object(out)}) is dict")
        for response_name, details, definition, how in found:
            self._fields += 1
            if self._fields > MOST_FIELDS:
                raise TooMuchCode
            name = details[0].node.name.value
            key = self._key(response_name, name)
            if name == "__typename":
                built.entries.append((key, self._literal(parent.name)))
                continue
            if name.startswith("__"):
                raise NotCompiled
            inner = place.field(response_name, parent)
            if isinstance(how, Call):
                self._call(out, parent, definition, how, details, source, key, inner, built)
                continue
            if isinstance(how, Attribute):
                value = self._attribute(out, source, how.name, definition.type, details, inner)
            else:
                self._arguments(definition, details, None)
                value, text, object_ = out.name(), self._literal(name), source.object(out)
                out.line(
                    f"{value} = {object_}.get({text}) if {is_dict} "
                    f"else getattr({object_}, {text}, None)"
                )
                self._value(out, definition.type, details, value, inner)
            built.entries.append((key, value))
        return built

    def _attribute(
        self,
        out: Function,
        source: Source,
        name: str,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        place: _Place,
    ) -> str:
        """A variable with the completed attribute of a source."""
        try:
            read = source.read(out, name, type_)
        except NotThere as error:
            raise NotCompiled from error
        if isinstance(read, Variable):
            if not read.is_completed:
                self._value(out, type_, details, read.name, place)
            return read.name
        value = out.name()
        named = get_named_type(type_)
        if not isinstance(named, GraphQLObjectType):
            raise NotCompiled
        self._members(out, named, details, value, place, read)
        return value

    def _key(self, response_name: str, name: str) -> str:
        return self._literal(name) if response_name == name else self._code.bind(response_name)

    def _literal(self, name: str) -> str:
        """A name of the schema, as a text in code."""
        return repr(name) if is_name(name) else self._code.bind(name)

    def _wait(self, out: Function, built: _Built, target: str) -> None:
        for line in built.waits:
            out.line(line.format(target))

    # Calls

    def _call(
        self,
        out: Function,
        parent: GraphQLObjectType,
        definition: GraphQLField,
        how: Call,
        details: FieldDetailsList,
        source: Source,
        key: str,
        place: _Place,
        built: _Built,
    ) -> None:
        site = Site(
            len(self._sites.all),
            place.steps,
            definition,
            parent,
            [one.node for one in details],
            how.direct,
        )
        self._sites.all.append(site)
        given = self._arguments(definition, details, how)
        object_, value, call = source.object(out), out.name(), out.name()
        out.line(f"{call} = ({', '.join([str(site.number), 'key', *place.indexes])})")
        with out.indented("try:"):
            out.line(f"{value} = {self._called(how, object_, call, given)}")
        with out.indented("except Exception as error:"):
            out.line(f"outcomes[{call}] = Raised(error)")
            out.line("raise")
        out.line(f"outcomes[{call}] = {value}")
        complete = self._completer(site, details)
        pending = f"{complete}, {call}, {{0}}, {key}"
        if how.is_coroutine:
            built.waits.append(f"pending.append(({value}, {pending}))")
            built.entries.append((key, "None"))
            return
        awaited = out.name()
        out.line(f"{awaited} = None")
        if not self._is_exact_leaf(out, definition.type, value, awaited):
            with out.indented(f"if is_awaitable({value}):"):
                out.line(f"{awaited}, {value} = {value}, None")
            with out.indented("else:"):
                out.line(f"{value} = {complete}(run, {value}, {call})")
        built.waits.append(f"if {awaited} is not None: pending.append(({awaited}, {pending}))")
        built.entries.append((key, value))

    def _called(self, how: Call, source: str, call: str, given: str) -> str:
        resolve, direct = self._code.bind(how.resolve), how.direct
        if direct is None:
            return f"{resolve}({source}, sites.info(run, {call}){given})"
        parts = [source] if direct.takes_self else []
        parts += [f"{name}={source}" for name in map(_checked, direct.parent)]
        if direct.info is not None:
            parts.append(f"{_checked(direct.info)}=LazyInfo(run, sites, {call})")
        return f"{resolve}({', '.join(parts)}{given if parts else given.removeprefix(', ')})"

    def _arguments(
        self, definition: GraphQLField, details: FieldDetailsList, how: Call | None
    ) -> str:
        """The code that passes the arguments on; they are coerced although nobody may want them."""
        found = arguments(definition, details[0].node, how.direct if how else None)
        if found is None:
            return ""
        number = len(self._coerce)
        self._coerce.append(found.coerce)
        if found.is_shared:
            return f", **shared[{number}]"
        return f", **{self._code.bind(found.coerce)}(run)"

    def _completer(self, site: Site, details: FieldDetailsList) -> str:
        """The function that completes the values of a site."""
        name = f"complete{site.number}"
        out = self._function(f"{name}(run, value, key)")
        self._value(out, site.definition.type, details, "value", _Place())
        out.line("return value")
        return name

    # Values

    def _value(
        self,
        out: Function,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        value: str,
        place: _Place,
    ) -> None:
        """Complete the raw value in the variable `value`, in its place."""
        if isinstance(type_, GraphQLNonNull):
            self._required(out, type_.of_type, details, value, place)
        elif is_leaf_type(type_):
            self._leaf(out, type_, value, nullable=True)
        else:
            with out.indented(f"if {value} is not None:"):
                self._required(out, type_, details, value, place)

    # Any: graphql-core's guards narrow better than its types.
    def _required(
        self, out: Function, type_: Any, details: FieldDetailsList, value: str, place: _Place
    ) -> None:
        if is_leaf_type(type_):
            self._leaf(out, type_, value, nullable=False)
        elif isinstance(type_, GraphQLList):
            self._list(out, type_, details, value, place)
        elif is_abstract_type(type_):
            self._abstract(out, type_, details, value, place)
        else:
            self._object(out, type_, details, value, place)

    def _leaf(self, out: Function, type_: GraphQLLeafType, value: str, *, nullable: bool) -> None:
        how = leaf(type_, self._code.bind)
        conditions = [f"{value} is not None"] if nullable else []
        conditions += [how.inexact.format(value)] if how.inexact else []
        condition = f"if {' and '.join(conditions)}: " if conditions else ""
        out.line(f"{condition}{value} = {how.completed.format(value)}")

    def _is_exact_leaf(
        self, out: Function, type_: GraphQLOutputType, value: str, awaited: str
    ) -> bool:
        """Complete a resolver's leaf on the spot, where one look tells most of them."""
        required = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if not is_leaf_type(required):
            return False
        how = leaf(required, self._code.bind)
        if not how.inexact:
            return False
        nullable = "" if required is not type_ else f"{value} is not None and "
        with out.indented(f"if {nullable}{how.inexact.format(value)}:"):
            out.line(f"if is_awaitable({value}): {awaited}, {value} = {value}, None")
            out.line(f"else: {value} = {how.completed.format(value)}")
        return True

    def _list(
        self,
        out: Function,
        type_: GraphQLList[Any],  # Any: of whatever output type
        details: FieldDetailsList,
        value: str,
        place: _Place,
    ) -> None:
        out.loops += 1
        if out.loops > _MOST_LOOPS:
            raise TooMuchCode
        items, item, index = out.name(), out.name(), out.name()
        of_rows = _rows_of(type_)
        each, listed, source = item, value, None
        if of_rows is None:
            out.line(
                f"if type({value}) is not list and type({value}) is not tuple: raise Unexpected"
            )
        else:
            one, shape = of_rows
            each, listed, scope = out.name(), f"{value}.rows", out.name()
            source = RowSource(self._code, shape, each, scope)
            out.line(f"if type({value}) is not Rows: raise Unexpected")
            out.line(f"if {value}.shape is not {self._code.bind(shape)}: raise Unexpected")
            out.line(f"{scope} = {value}.scope")
        out.line(f"{items} = []")
        header, calls = out.reserve(), len(self._sites.all)
        with out.indented():
            if of_rows is None:
                self._value(out, type_.of_type, details, item, place.item(index))
            else:
                self._members(out, one, details, item, place.item(index), source)
            out.line(f"{items}.append({item})")
        if len(self._sites.all) > calls:
            out.fill(header, f"for {index}, {each} in enumerate({listed}):")
        else:
            out.fill(header, f"for {each} in {listed}:")
        out.line(f"{value} = {items}")
        out.loops -= 1

    def _object(
        self,
        out: Function,
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        value: str,
        place: _Place,
    ) -> None:
        if strawberry_fields.has_own_check(type_):
            raise NotCompiled
        cls = strawberry_fields.origin(type_)
        if type_.is_type_of is not None:
            if cls is None:
                raise NotCompiled
            out.line(f"if {self._not_exactly(cls, value)}: raise Unexpected")
        elif cls is not None and is_ordinary(cls):
            out.line(f"if type({value}) is not {self._code.bind(cls)}: admit({value})")
        else:
            out.line(f"if type({value}) is not dict: admit({value})")
        self._members(out, type_, details, value, place)

    def _members(
        self,
        out: Function,
        type_: GraphQLObjectType,
        details: FieldDetailsList,
        value: str,
        place: _Place,
        source: Source | None = None,
    ) -> None:
        """Build the object's part of the answer, now that the type of its value is sure.

        It is made from `value`, unless there is another source, and put into `value`.
        """
        grouped = collect_subfields(
            self._schema, self._fragments, self._variables, self._operation, type_, details
        ).grouped_field_set
        built = self._fields_of(out, type_, grouped, source or ObjectSource(value), place)
        pairs = ", ".join(f"{key}: {entry}" for key, entry in built.entries)
        out.line(f"{value} = {{{pairs}}}")
        self._wait(out, built, value)

    def _not_exactly(self, cls: type, value: str) -> str:
        if not is_ordinary(cls):
            raise NotCompiled
        return f"type({value}) is not {self._code.bind(cls)} or hasattr({value}, {CAST!r})"

    def _abstract(
        self,
        out: Function,
        type_: GraphQLAbstractType,
        details: FieldDetailsList,
        value: str,
        place: _Place,
    ) -> None:
        possible = self._schema.get_possible_types(type_)
        if type_.resolve_type in {None, default_type_resolver}:
            tests = self._tests_by_name(out, possible, value)
        elif strawberry_fields.is_told_by_class(type_):
            tests = self._tests_by_class(possible, value)
        else:
            raise NotCompiled
        keyword = "if"
        for test, one in tests:
            with out.indented(f"{keyword} {test}:"):
                self._members(out, one, details, value, place)
            keyword = "elif"
        out.line("else: raise Unexpected" if tests else "raise Unexpected")

    def _tests_by_name(
        self, out: Function, possible: list[GraphQLObjectType], value: str
    ) -> list[tuple[str, GraphQLObjectType]]:
        if any(one.is_type_of is not None for one in possible):
            raise NotCompiled
        name = out.name()
        out.line(f"if type({value}) is not dict: admit({value})")
        out.line(f"{name} = typename({value})")
        out.line(f"if type({name}) is not str: raise Unexpected")
        return [(f"{name} == {self._literal(one.name)}", one) for one in possible]

    def _tests_by_class(
        self, possible: list[GraphQLObjectType], value: str
    ) -> list[tuple[str, GraphQLObjectType]]:
        tests = []
        for one in possible:
            cls = strawberry_fields.origin(one)
            if cls is None or strawberry_fields.has_own_check(one):
                raise NotCompiled
            tests.append((f"not ({self._not_exactly(cls, value)})", one))
        return tests


def _rows_of(type_: GraphQLList[Any]) -> tuple[GraphQLObjectType, Shape[Any]] | None:
    """The type and the shape of the objects of a list that is made of rows."""
    one = type_.of_type.of_type if isinstance(type_.of_type, GraphQLNonNull) else type_.of_type
    if not isinstance(one, GraphQLObjectType) or strawberry_fields.has_own_check(one):
        return None
    cls = strawberry_fields.origin(one)
    shape = shape_of(cls) if cls is not None else None
    return (one, shape) if shape is not None else None


CAST = strawberry_fields.CAST


def _checked(name: str) -> str:
    if not is_name(name):
        raise NotCompiled
    return name
