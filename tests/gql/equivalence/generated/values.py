"""Data for schemas: sources of both kinds, and here and there a value that nobody expects."""

import asyncio
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
)


@dataclass(frozen=True)
class Raise:
    """Makes a resolver raise."""

    error: Exception


@dataclass(frozen=True)
class Wait:
    """Makes a resolver give an awaitable."""

    value: Any
    turns: int
    is_task: bool

    def started(self) -> Any:
        """What is to be awaited."""
        return asyncio.ensure_future(self._after()) if self.is_task else self._after()

    async def _after(self) -> Any:
        for _ in range(self.turns):
            await asyncio.sleep(0)
        if isinstance(self.value, Raise):
            raise self.value.error
        return self.value


class Thing:
    """A source whose members are attributes."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.__dict__.update(members)
        self.members = members


class Slotted:
    """A source of which only some attributes can be read."""

    __slots__ = ("members",)

    def __init__(self, members: dict[str, Any]) -> None:
        self.members = members

    def __getattr__(self, name: str) -> Any:
        if name == "e":
            raise RuntimeError("cannot be read")
        return stored(self, name)


class OtherMapping(Mapping[str, Any]):
    """A mapping that is no dictionary."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.members = members

    def __getitem__(self, name: str) -> Any:
        return self.members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)


class Soon:
    """A value that has to be awaited, as often as one likes."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from asyncio.sleep(0).__await__()
        return self.value


def stored(source: Any, name: str) -> Any:
    """The member `name` of a source of any kind."""
    members = source if isinstance(source, dict) else getattr(source, "members", {})
    return members.get(name)


_TEXTS = ("", "text", "RED", "äöü", "Colour", "\ud800", "T1")
_RIGHT: dict[str, tuple[Any, ...]] = {
    "String": _TEXTS,
    "ID": ("one", "2", 3),
    "Int": (0, 1, -5, 2**31 - 1, -(2**31)),
    "Float": (0.0, -1.5, 1e300, 2),
    "Boolean": (True, False),
    "Colour": ("RED", "GREEN", "BLUE"),
    "Level": (1, 2),
    "Day": (date(2026, 2, 20), date(1999, 12, 31)),
    "Anything": ("text", 1, 2.5, ["a", None], {"b": 1}, True),
}
_WRONG: tuple[Any, ...] = (
    None,
    "text",
    "RED",
    7,
    2**31,
    -(2**31) - 1,
    1.5,
    float("nan"),
    float("inf"),
    True,
    [],
    ["x"],
    (),
    {},
    {"a": "member"},
    {1, 2},
    date(2000, 1, 1),
    date(2026, 2, 20),
    ValueError("an error as a value"),
    Undefined,
    b"bytes",
    int,
    lambda *_args, **_named: "called",
    lambda *_args, **_named: 1 // 0,
    Soon("text"),
    Soon(None),
    Soon(3),
    range(3),
)

_DEEPEST = 4


class Data:
    """Makes values for a schema's types; they can be used any number of times."""

    def __init__(self, schema: GraphQLSchema, random: Random, faults: float) -> None:
        self._schema = schema
        self._random = random
        self._faults = faults

    def root(self, type_: GraphQLObjectType) -> Any:
        """A root value, most often one with members."""
        return None if self._random.random() < 0.03 else self._object(type_, 0)

    def _value(self, type_: Any, depth: int, *, resolved: bool) -> Any:
        if self._random.random() < self._faults:
            return self._fault(type_, depth, resolved=resolved)
        if isinstance(type_, GraphQLNonNull):
            return self._required(type_.of_type, depth)
        if self._random.random() < 0.12 or depth > _DEEPEST:
            return None
        return self._required(type_, depth)

    def _required(self, type_: Any, depth: int) -> Any:
        random = self._random
        if isinstance(type_, GraphQLNonNull):
            return self._required(type_.of_type, depth)
        if isinstance(type_, GraphQLList):
            items = [
                self._value(type_.of_type, depth + 1, resolved=False)
                for _ in range(random.choice((0, 1, 2)) if depth < _DEEPEST else 0)
            ]
            return tuple(items) if random.random() < 0.2 else items
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            type_ = random.choice(self._schema.get_possible_types(type_))
        if isinstance(type_, GraphQLObjectType):
            return self._object(type_, depth)
        return random.choice(_RIGHT[type_.name])

    def _object(self, type_: GraphQLObjectType, depth: int) -> Any:
        random = self._random
        members: dict[str, Any] = {}
        for name, field in type_.fields.items():
            if random.random() < self._faults / 2:
                continue
            resolved = field.resolve is not None
            value = self._value(field.type, depth + 1, resolved=resolved)
            members[name] = Wait(value, 1, is_task=False) if self._is_late(resolved) else value
        if depth:
            members["__typename"] = type_.name if random.random() >= self._faults else "T9"
        kind = random.random()
        if kind < 0.5:
            return members
        if kind < 1 - self._faults:
            thing = Thing(members)
            thing.__dict__["_Thing__typename"] = members.get("__typename")
            return thing
        return random.choice((Slotted, OtherMapping))(members)

    def _is_late(self, resolved: bool) -> bool:
        return resolved and self._random.random() < 0.1

    def _fault(self, type_: Any, depth: int, *, resolved: bool) -> Any:
        random = self._random
        chance = random.random()
        if resolved and chance < 0.4:
            return Raise(RuntimeError(f"raised {random.randint(0, 99)}"))
        if chance < 0.6:
            return None
        if resolved and chance < 0.75:
            late = self._value(type_, depth + 1, resolved=True)
            return Wait(late, random.randint(0, 2), is_task=random.random() < 0.3)
        if chance < 0.8 and isinstance(type_, GraphQLEnumType):
            return "PURPLE"
        return random.choice(_WRONG)
