"""The selections of a generated document, printed as text with variables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from perf.gate.fields.documents.known_values import KnownValues, ValueGenerator


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument, passed as a variable of type `type_`."""

    name: str
    type_: str
    generator: ValueGenerator


@dataclass(frozen=True, slots=True)
class FieldSelection:
    """A field with its selections.

    `given` is the printed argument list of one of our own documents.
    """

    name: str
    arguments: tuple[Argument, ...] = ()
    inner: "Selections" = ()
    alias: str | None = None
    given: str = ""

    @property
    def key(self) -> str:
        """The response key."""
        return self.alias or self.name


@dataclass(frozen=True, slots=True)
class InlineFragment:
    """The selections on one possible type of an abstract type."""

    type_name: str
    inner: "Selections"


Selections: TypeAlias = tuple[FieldSelection | InlineFragment, ...]
TYPE_NAME = FieldSelection("__typename")


@dataclass(frozen=True, slots=True)
class Step:
    """A field on a path to objects of a type, which may be one possible type among several."""

    selection: FieldSelection
    type_name: str
    is_abstract: bool = False


def nested(steps: Sequence[Step], selections: Selections) -> Selections:
    """Nest the selections below the steps."""
    for step in reversed(steps):
        if step.is_abstract:
            selections = (TYPE_NAME, InlineFragment(step.type_name, selections))
        selections = (replace(step.selection, inner=selections),)
    return selections


@dataclass(slots=True)
class SelectionPrinter:
    """Prints selections, and collects their variables."""

    variables: dict[str, Argument] = field(default_factory=dict)

    def text(self, selections: Selections) -> str:
        """The selections in braces; empty if there are none."""
        return f" {{ {' '.join(map(self._one, selections))} }}" if selections else ""

    @property
    def declared(self) -> tuple[str, ...]:
        """The declarations of the variables."""
        return tuple(f"${name}: {one.type_}" for name, one in self.variables.items())

    # Any: variables are JSON.
    def values(self, known: KnownValues) -> Mapping[str, Any]:
        """The values of the variables for a group of callers; raises `NoKnownValue`."""
        return {name: one.generator.value(known) for name, one in self.variables.items()}

    def _one(self, one: FieldSelection | InlineFragment) -> str:
        if isinstance(one, InlineFragment):
            return f"... on {one.type_name}{self.text(one.inner)}"
        alias = f"{one.alias}: " if one.alias else ""
        arguments = ", ".join(map(self._argument, one.arguments))
        given = f"({arguments})" if arguments else one.given
        return f"{alias}{one.name}{given}{self.text(one.inner)}"

    def _argument(self, argument: Argument) -> str:
        name = f"generated{len(self.variables)}"
        self.variables[name] = argument
        return f"{argument.name}: ${name}"
