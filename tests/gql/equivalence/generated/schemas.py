"""Schemas of every shape, written with plain graphql-core."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)

from tests.gql.equivalence.generated.values import Raise, Wait, stored

NAMES = ("a", "b", "c", "d", "e", "f", "g", "h")
COLOUR = GraphQLEnumType("Colour", {"RED": None, "GREEN": None, "BLUE": None})
LEVEL = GraphQLEnumType("Level", {"LOW": 1, "HIGH": 2})


def _day(value: Any) -> str | None:
    """Days as texts; 2000-01-01 has none, and what is no day is refused."""
    if not isinstance(value, date):
        raise TypeError(f"not a day: {value!r}")
    return None if value == date(2000, 1, 1) else value.isoformat()


DAY = GraphQLScalarType("Day", coerce_output_value=_day)
ANYTHING = GraphQLScalarType("Anything")
LEAVES = (
    GraphQLString,
    GraphQLID,
    GraphQLInt,
    GraphQLFloat,
    GraphQLBoolean,
    COLOUR,
    LEVEL,
    DAY,
    ANYTHING,
)
ARGUMENTS: dict[str, Callable[[], GraphQLArgument]] = {
    "number": lambda: GraphQLArgument(GraphQLInt),
    "least": lambda: GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=1),
    "text": lambda: GraphQLArgument(GraphQLString, default_value="none"),
    "colour": lambda: GraphQLArgument(COLOUR, out_name="hue"),
    "numbers": lambda: GraphQLArgument(GraphQLList(GraphQLInt)),
}


def call(name: str, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """A resolver: note the call, and give or raise what is stored for it."""
    info.context.append((tuple(info.path.as_list()), info.path, repr(sorted(arguments.items()))))
    value = stored(source, name)
    if isinstance(value, Raise):
        raise value.error
    return value.started() if isinstance(value, Wait) else value


async def call_later(
    name: str, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any
) -> Any:
    """A resolver that takes a few turns of the event loop."""
    value = call(name, source, info, **arguments)
    for _ in range(len(name + str(arguments)) % 3):
        await asyncio.sleep(0)
    return await value if hasattr(value, "__await__") else value


@dataclass
class _Maker:
    random: Random
    objects: list[GraphQLObjectType]
    abstract: list[GraphQLInterfaceType | GraphQLUnionType]

    def fields(self, index: int, names: tuple[str, ...]) -> dict[str, GraphQLField]:
        return {name: self._field(index, name) for name in names}

    def _field(self, index: int, name: str) -> GraphQLField:
        chance = self.random.random()
        if chance < 0.55:
            return GraphQLField(self._type(index), self._arguments(0.05))
        resolve = partial(call_later if chance < 0.75 else call, name)
        return GraphQLField(self._type(index), self._arguments(0.4), resolve=resolve)

    def _arguments(self, chance: float) -> dict[str, GraphQLArgument]:
        if self.random.random() > chance:
            return {}
        chosen = self.random.sample(sorted(ARGUMENTS), self.random.randint(1, 3))
        return {name: ARGUMENTS[name]() for name in chosen}

    def _type(self, index: int) -> GraphQLOutputType:
        """A type; an object that must be there is always of a later one, so that data ends."""
        later = self.objects[index + 1 :]
        chance = self.random.random()
        named: Any
        must_end = False
        if chance < 0.5 or not later:
            named = self.random.choice(LEAVES)
        elif chance < 0.8:
            named = self.random.choice(later)
        elif chance < 0.9:
            named, must_end = self.random.choice(self.objects), True
        else:
            named, must_end = self.random.choice(self.abstract), True
        return self._wrapped(named, must_end=must_end)

    def _wrapped(self, named: Any, *, must_end: bool) -> GraphQLOutputType:
        is_required = not must_end and self.random.random() < 0.45
        type_ = GraphQLNonNull(named) if is_required else named
        for _ in range(self.random.choices((0, 1, 2), (70, 25, 5))[0]):
            type_ = GraphQLList(type_)
            if self.random.random() < 0.4:
                type_ = GraphQLNonNull(type_)
        return type_


def schema(random: Random) -> GraphQLSchema:
    """A schema with a few types, each of whose fields may refer to any."""
    maker = _Maker(random, [], [])
    names = {index: tuple(random.sample(NAMES, random.randint(3, 6))) for index in range(4)}
    shared = GraphQLInterfaceType("Shared", lambda: {"a": GraphQLField(GraphQLString)})
    for index in range(4):
        is_shared = index >= 2 or random.random() < 0.3
        maker.objects.append(_object(maker, index, names[index], [shared] if is_shared else []))
    either = GraphQLUnionType("Either", maker.objects[1:3])
    if random.random() < 0.15:
        either.resolve_type = lambda value, _info, _type: stored(value, "__typename")
    if random.random() < 0.15:
        maker.objects[1].is_type_of = lambda value, _info: stored(value, "__typename") == "T1"
    maker.abstract += [shared, either]
    query = GraphQLObjectType("Query", lambda: maker.fields(-1, NAMES))
    mutation = GraphQLObjectType("Mutation", lambda: maker.fields(-1, NAMES))
    return GraphQLSchema(query, mutation, types=[*maker.objects, shared, either])


def _object(
    maker: _Maker, index: int, names: tuple[str, ...], interfaces: list[GraphQLInterfaceType]
) -> GraphQLObjectType:
    def fields() -> dict[str, GraphQLField]:
        made = maker.fields(index, names)
        if interfaces:
            made["a"] = GraphQLField(
                GraphQLString, resolve=made["a"].resolve if "a" in made else None
            )
        return made

    return GraphQLObjectType(f"T{index}", fields, interfaces=interfaces)
