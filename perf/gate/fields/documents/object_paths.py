"""Paths to objects of a type, and the objects and errors that an answer has there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perf.gate.fields.documents.entry_points import EntryPoint
from perf.gate.fields.documents.selections import Selections, Step, nested

ENOUGH = 20
"""Objects of a type, beyond which more add no information."""
# Any: objects of an answer are JSON.
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ObjectPath:
    """Objects of a type, reached along fields from the root of an operation."""

    entry: EntryPoint
    type_name: str
    steps: tuple[Step, ...] = ()
    objects: int = field(default=1, compare=False)
    """How many objects there are for the callers with 2n rows."""
    grows: bool = field(default=False, compare=False)
    """Whether that is more than for the callers with n rows, so that growth can be seen."""

    def selections(self, selections: Selections) -> Selections:
        """The selections from the root that select these fields of the objects."""
        return nested(self.steps, selections)

    def extended(self, step: Step, objects: int = 0) -> "ObjectPath":
        """The path with one more step."""
        return ObjectPath(self.entry, step.type_name, (*self.steps, step), objects)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields on the path, as `Type.field`."""
        types = (self.entry.root, *(step.type_name for step in self.steps))
        return tuple(
            f"{type_name}.{step.selection.name}"
            for type_name, step in zip(types, self.steps, strict=False)
        )

    @property
    def rank(self) -> tuple[int, bool, bool, int]:
        """Sort key; higher is better: enough objects, growth, no abstract types, few steps."""
        is_listed = not any(step.is_abstract for step in self.steps)
        return min(self.objects, ENOUGH), self.grows, is_listed, -len(self.steps)

    @property
    def types(self) -> frozenset[str]:
        """The types on the path, including the last."""
        return frozenset(step.type_name for step in self.steps)

    # Any: data is JSON.
    def objects_in(self, data: Any) -> list[Object]:
        """The objects on this path in the data of an answer."""
        found: list[Object] = [data] if data else []
        for step in self.steps:
            found = [inner for one in found for inner in objects_of(one.get(step.selection.key))]
            if step.is_abstract:
                found = [one for one in found if one["__typename"] == step.type_name]
        return found


# Any: data is JSON.
def objects_of(value: Any) -> Iterator[Object]:
    """The objects in a value, which may be an object, a list or null."""
    if isinstance(value, list):
        for one in value:
            yield from objects_of(one)
    elif value is not None:
        yield value


@dataclass(frozen=True, slots=True)
class AnswerError:
    """An error in an answer: its path without list indices, and its message."""

    path: tuple[str, ...]
    message: str


# Any: bodies are JSON.
def errors_in(bodies: Sequence[Mapping[str, Any]]) -> list[AnswerError]:
    """The errors of the answers; request errors have an empty path."""
    return [
        AnswerError(
            tuple(one for one in error.get("path") or () if isinstance(one, str)), error["message"]
        )
        for body in bodies
        for error in body.get("errors", ())
    ]
