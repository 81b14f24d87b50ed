"""Where objects of a type are found, and what an answer has there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perf.gate.fields.asked import Asked, OfType, Selections, Step, along
from perf.gate.fields.origins import Origin
from perf.gate.fields.schema import fields, given_types

# Any: objects of an answer are JSON.
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Objects of a type, along fields from the root of an operation."""

    origin: Origin
    type_name: str
    steps: tuple[Step, ...] = ()
    objects: int = field(default=1, compare=False)
    """How many there are for the larger of the callers."""

    def selections(self, selections: Selections) -> Selections:
        """What asks `selections` of these objects, from the root."""
        return along(self.steps, selections)

    def beyond(self, step: Step, objects: int = 0) -> "Place":
        """The place one step further."""
        return Place(self.origin, step.type_name, (*self.steps, step), objects)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields on the way, as `Type.field`."""
        types = (self.origin.root, *(step.type_name for step in self.steps))
        return tuple(
            f"{type_name}.{step.asked.name}"
            for type_name, step in zip(types, self.steps, strict=False)
        )

    @property
    def types(self) -> frozenset[str]:
        """The types on the way, with the last."""
        return frozenset(step.type_name for step in self.steps)

    # Any: data is JSON.
    def objects_in(self, data: Any) -> list[Object]:
        """The objects of this place in the data of an answer."""
        found: list[Object] = [data] if data else []
        for step in self.steps:
            found = [inner for one in found for inner in objects_of(one.get(step.asked.key))]
            if step.is_one_of_several:
                found = [one for one in found if one["__typename"] == step.type_name]
        return found


# Any: data is JSON.
def objects_of(value: Any) -> Iterator[Object]:
    """The objects in a value of an answer, which may be one, a list, or null."""
    if isinstance(value, list):
        for one in value:
            yield from objects_of(one)
    elif value is not None:
        yield value


# Any: values are JSON.
def values_in(
    type_name: str, selections: Selections, objects: Sequence[Object]
) -> Iterator[tuple[str, Any]]:
    """Every field of the selections that the objects, or those below, have, with its value."""
    for one in selections:
        if isinstance(one, OfType):
            ours = [found for found in objects if found["__typename"] == one.type_name]
            yield from values_in(one.type_name, one.inner, ours)
        elif one.name in fields()[type_name]:
            yield from _values_of(type_name, one, objects)


def _values_of(
    type_name: str, asked: Asked, objects: Sequence[Object]
) -> Iterator[tuple[str, Any]]:
    values = [one[asked.key] for one in objects if asked.key in one]
    yield from ((f"{type_name}.{asked.name}", value) for value in values)
    given = given_types(fields()[type_name][asked.name])
    if given:
        inner = [found for value in values for found in objects_of(value)]
        yield from values_in(given[0], asked.inner, inner)


@dataclass(frozen=True, slots=True)
class Failed:
    """An error in an answer: the names on the way to it, and what it says."""

    path: tuple[str, ...]
    message: str


# Any: bodies are JSON.
def failures_in(bodies: Sequence[Mapping[str, Any]]) -> list[Failed]:
    """The errors of the answers; one that concerns no field has an empty path."""
    return [
        Failed(
            tuple(one for one in error.get("path") or () if isinstance(one, str)), error["message"]
        )
        for body in bodies
        for error in body.get("errors", ())
    ]
