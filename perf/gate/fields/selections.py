"""What a generated document asks: fields with their arguments, as text and variables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from perf.gate.fields.values import KnownValues, Recipe


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument, given as a variable of `type_`."""

    name: str
    type_: str
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class FieldSelection:
    """A field, and what is asked of the objects that it gives.

    `given` are arguments in parentheses as a document of our own has them.
    """

    name: str
    arguments: tuple[Argument, ...] = ()
    inner: "Selections" = ()
    alias: str | None = None
    given: str = ""

    @property
    def key(self) -> str:
        """Its name in the answer."""
        return self.alias or self.name


@dataclass(frozen=True, slots=True)
class InlineFragment:
    """What is asked of the objects of one type, where there are several."""

    type_name: str
    inner: "Selections"


Selections: TypeAlias = tuple[FieldSelection | InlineFragment, ...]
TYPE_NAME = FieldSelection("__typename")


@dataclass(frozen=True, slots=True)
class Step:
    """A field on the way to objects of a type, which may be one of several that it gives."""

    selection: FieldSelection
    type_name: str
    is_one_of_several: bool = False


def along(steps: Sequence[Step], selections: Selections) -> Selections:
    """What asks `selections` of the objects at the end of the steps."""
    for step in reversed(steps):
        if step.is_one_of_several:
            selections = (TYPE_NAME, InlineFragment(step.type_name, selections))
        selections = (replace(step.selection, inner=selections),)
    return selections


@dataclass(slots=True)
class SelectionPrinter:
    """Selections as text, and the variables in them."""

    variables: dict[str, Argument] = field(default_factory=dict)

    def text(self, selections: Selections) -> str:
        """The selections in braces; nothing where there are none."""
        return f" {{ {' '.join(map(self._one, selections))} }}" if selections else ""

    @property
    def declared(self) -> tuple[str, ...]:
        """The variables as an operation declares them."""
        return tuple(f"${name}: {one.type_}" for name, one in self.variables.items())

    # Any: variables are JSON.
    def values(self, known: KnownValues) -> Mapping[str, Any]:
        """The variables' values for some callers; raises `Unknown`."""
        return {name: one.recipe.value(known) for name, one in self.variables.items()}

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
