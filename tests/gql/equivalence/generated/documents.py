"""Valid documents for a schema, and variables for them."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

_LITERALS = {
    "number": ("1", "-3", "null", "$int"),
    "least": ("1", "2", "$least"),
    "text": ('"given"', "null", "$text"),
    "colour": ("RED", "null", "$colour"),
    "numbers": ("[1, 2]", "7", "null", "[$int, 1]"),
}
_DECLARED = {
    "$yes": "Boolean = true",
    "$no": "Boolean!",
    "$int": "Int",
    "$least": "Int = 4",
    "$text": "String",
    "$colour": "Colour",
}
_CONDITIONS = (
    " @include(if: $no)",
    " @skip(if: $no)",
    " @skip(if: true)",
    " @include(if: true)",
    " @skip(if: $no) @include(if: true)",
)
_VALUES: dict[str, tuple[Any, ...]] = {
    "int": (5, None, -1),
    "least": (6, None),
    "text": ("of a variable", None),
    "colour": ("BLUE", None),
}


@dataclass
class Writer:
    """Writes one document; merged fields are alike, since an alias says what it stands for."""

    schema: GraphQLSchema
    random: Random
    fragments: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def document(self, kind: str) -> str:
        """A document with one operation."""
        root = self.schema.query_type if kind == "query" else self.schema.mutation_type
        assert root is not None
        body = self._selections(root, 0)
        named = (name for name in _DECLARED if name in self.used)
        declared = ", ".join(f"{name}: {_DECLARED[name]}" for name in named)
        head = f"{kind} Q({declared})" if declared else f"{kind} Q"
        return "\n".join([f"{head} {body}", *self.fragments])

    def _selections(self, type_: GraphQLNamedType, depth: int) -> str:
        chosen = [self._selection(type_, depth) for _ in range(self.random.randint(1, 4))]
        return f"{{ {' '.join(chosen)} }}"

    def _selection(self, type_: GraphQLNamedType, depth: int) -> str:
        chance = self.random.random()
        if chance < 0.1:
            return self.random.choice(("__typename", "kind: __typename"))
        if chance < 0.25 and depth < 5:
            return self._fragment(type_, depth)
        fields: dict[str, GraphQLField] = getattr(type_, "fields", {})
        shallow = [
            name
            for name, one in fields.items()
            if depth < 4 or not is_composite_type(get_named_type(one.type))
        ]
        if not shallow:
            return "__typename"
        name = self.random.choice(shallow)
        return self._field(type_, name, fields[name], depth)

    def _field(self, type_: GraphQLNamedType, name: str, one: GraphQLField, depth: int) -> str:
        arguments = self._arguments(one.args)
        # What is selected twice under one name must be the same field with the same arguments.
        suffix = "".join(character if character.isalnum() else "_" for character in arguments)
        alias = f"{type_.name}_{name}{suffix}: "
        is_bare = not arguments and not one.args and self._is_the_same_everywhere(name)
        alias = "" if is_bare and self.random.random() < 0.7 else alias
        named = get_named_type(one.type)
        inner = f" {self._selections(named, depth + 1)}" if is_composite_type(named) else ""
        return f"{alias}{name}{arguments}{self._condition()}{inner}"

    def _is_the_same_everywhere(self, name: str) -> bool:
        types = [
            str(one.fields[name].type)
            for one in self.schema.type_map.values()
            if hasattr(one, "fields") and name in one.fields
        ]
        return len(set(types)) == 1

    def _arguments(self, declared: dict[str, GraphQLArgument]) -> str:
        given = []
        for name in declared:
            if self.random.random() < 0.6:
                literal = self.random.choice(_LITERALS[name])
                self.used |= {one for one in _DECLARED if one in literal}
                given.append(f"{name}: {literal}")
        return f"({', '.join(given)})" if given else ""

    def _condition(self) -> str:
        if self.random.random() > 0.12:
            return ""
        condition = self.random.choice((*_CONDITIONS, " @include(if: $yes)"))
        self.used |= {one for one in _DECLARED if one in condition}
        # A default makes the variable fit where null does not.
        return condition

    def _fragment(self, type_: GraphQLNamedType, depth: int) -> str:
        target = type_
        if is_abstract_type(type_):
            target = self.random.choice(self.schema.get_possible_types(type_))
        elif isinstance(type_, GraphQLObjectType) and type_.interfaces:
            target = self.random.choice((type_, *type_.interfaces))
        body = self._selections(target, depth + 1)
        if self.random.random() < 0.5:
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {target.name} {body}")
            return f"...{name}{self._condition()}"
        on = f" on {target.name}" if target is not type_ or self.random.random() < 0.5 else ""
        return f"...{on}{self._condition()} {body}"


def variables(random: Random) -> dict[str, Any]:
    """Values for the variables, some of them left out."""
    given: dict[str, Any] = {"no": random.random() < 0.5}
    if random.random() < 0.5:
        given["yes"] = random.random() < 0.5
    for name, values in _VALUES.items():
        if random.random() < 0.6:
            given[name] = random.choice(values)
    return given
