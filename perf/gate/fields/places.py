"""Where objects of a type are found, and what an answer has there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perf.gate.fields.origins import Origin
from perf.gate.fields.selections import Selections, Step, along

ENOUGH = 20
"""Objects of a type, beside which more say nothing new."""
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
            f"{type_name}.{step.selection.name}"
            for type_name, step in zip(types, self.steps, strict=False)
        )

    @property
    def rank(self) -> tuple[int, bool, int]:
        """The larger, the better it is to look from here: enough objects, listed, and near."""
        is_listed = not any(step.is_one_of_several for step in self.steps)
        return min(self.objects, ENOUGH), is_listed, -len(self.steps)

    @property
    def types(self) -> frozenset[str]:
        """The types on the way, with the last."""
        return frozenset(step.type_name for step in self.steps)

    # Any: data is JSON.
    def objects_in(self, data: Any) -> list[Object]:
        """The objects of this place in the data of an answer."""
        found: list[Object] = [data] if data else []
        for step in self.steps:
            found = [inner for one in found for inner in objects_of(one.get(step.selection.key))]
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
