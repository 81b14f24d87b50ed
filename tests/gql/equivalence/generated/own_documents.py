"""Documents from the fields of our own schema, with all that a document may say about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

ALIASES = ("a", "None", "def", "id", "__x", "w", "run", "edges", "key", "x" * 60)
DEEPEST = 6


@dataclass
class OwnWriter:
    """Writes queries; `arguments` has texts to choose from, by the field's coordinate."""

    schema: GraphQLSchema
    random: Random
    arguments: Mapping[str, Sequence[str]]
    without: frozenset[str] = frozenset()
    """Coordinates of fields that are not requested."""
    fragments: list[str] = field(default_factory=list)
    number: int = 0

    def document(self) -> str:
        """A query of a few root fields."""
        root = self.schema.query_type
        assert root is not None
        body = self._selections(root, 0)
        return "\n".join([f"query Q($yes: Boolean = true) {body}", *self.fragments])

    def _selections(self, type_: GraphQLNamedType, depth: int) -> str:
        most = 8 if depth > 1 else 3
        chosen = [self._selection(type_, depth) for _ in range(self.random.randint(1, most))]
        return f"{{ {' '.join(chosen)} }}"

    def _selection(self, type_: GraphQLNamedType, depth: int) -> str:
        chance = self.random.random()
        if chance < 0.07:
            return self.random.choice(("__typename", f"{self._alias()}__typename"))
        if (chance < 0.15 and depth < DEEPEST) or is_abstract_type(type_):
            return self._fragment(type_, depth)
        fields: dict[str, GraphQLField] = getattr(type_, "fields", {})
        names = [
            name
            for name, one in fields.items()
            if f"{type_.name}.{name}" not in self.without
            and (depth < DEEPEST or not is_composite_type(get_named_type(one.type)))
        ]
        if not names:
            return "__typename"
        name = self.random.choice(names)
        return self._field(type_, name, fields[name], depth)

    def _field(self, type_: GraphQLNamedType, name: str, one: GraphQLField, depth: int) -> str:
        given = self.random.choice(self.arguments.get(f"{type_.name}.{name}", [""]))
        is_aliased = given or self.random.random() < 0.3
        alias = self._alias() if is_aliased else ""
        named = get_named_type(one.type)
        inner = f" {self._selections(named, depth + 1)}" if is_composite_type(named) else ""
        return f"{alias}{name}{given}{self._condition()}{inner}"

    def _alias(self) -> str:
        self.number += 1
        return f"{self.random.choice(ALIASES)}{self.number}: "

    def _condition(self) -> str:
        if self.random.random() > 0.06:
            return ""
        return self.random.choice((" @include(if: $yes)", " @skip(if: $yes)", " @skip(if: true)"))

    def _fragment(self, type_: GraphQLNamedType, depth: int) -> str:
        target = type_
        if is_abstract_type(type_):
            target = self.random.choice((type_, *self.schema.get_possible_types(type_)))
        elif isinstance(type_, GraphQLObjectType) and type_.interfaces:
            target = self.random.choice((type_, *type_.interfaces))
        if is_abstract_type(target):
            return f"... on {target.name} {{ {self._alias()}id __typename }}"
        body = self._selections(target, depth + 1)
        if self.random.random() < 0.4:
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {target.name} {body}")
            return f"...{name}{self._condition()}"
        return f"... on {target.name}{self._condition()} {body}"
