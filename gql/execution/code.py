"""The text of generated functions, and the constants that it refers to by name."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType
from typing import Any

_INDENT = "    "
MOST_LEVELS = 40
"""Of indentation; Python itself refuses a hundred."""


class TooMuchCode(Exception):
    """What was asked for takes more code than is worth compiling."""


class Function:
    """The text of one function, written line by line."""

    def __init__(self, header: str) -> None:
        self.lines = [f"def {header}:"]
        self._level = 1
        self._names = 0
        self.loops = 0

    def name(self) -> str:
        """A name for a local variable that no other has."""
        self._names += 1
        return f"v{self._names}"

    def line(self, text: str) -> None:
        """Write one line."""
        self.lines.append(_INDENT * self._level + text)

    def reserve(self) -> int:
        """Leave a line to be written later, by its number."""
        self.line("pass")
        return len(self.lines) - 1

    def fill(self, number: int, text: str) -> None:
        """Write the line that was left."""
        self.lines[number] = self.lines[number].removesuffix("pass") + text

    @contextmanager
    def indented(self, header: str | None = None) -> Iterator[None]:
        """Write what follows one level deeper, below `header`."""
        if header is not None:
            self.line(header)
        self._level += 1
        if self._level > MOST_LEVELS:
            raise TooMuchCode
        yield
        self._level -= 1


class Code:
    """A module's functions in the making.

    The text consists of what the compiler writes, of names of the schema that are identifiers, and
    of names of constants. Whatever comes from a document is such a constant.
    """

    def __init__(self) -> None:
        self._constants: dict[str, object] = {}
        self._names: dict[int, str] = {}
        self._functions: list[Function] = []

    def function(self, header: str) -> Function:
        """A new function."""
        function = Function(header)
        self._functions.append(function)
        return function

    def bind(self, value: object) -> str:
        """The name under which the text refers to `value`; the same for the same object."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = f"c{len(self._constants)}"
            self._constants[name] = value
        return name

    @property
    def text(self) -> str:
        """The source, for reading and debugging."""
        return "\n\n".join("\n".join(function.lines) for function in self._functions) + "\n"

    # Any: a namespace holds functions and constants of every type.
    def compiled(self, names: dict[str, Any]) -> "Compiled":
        """The functions, which may use `names` beside the constants."""
        code = compile(self.text, "<compiled operation>", "exec")
        names = {"__builtins__": _BUILTINS, **names, **self._constants}
        exec(code, names)  # noqa: S102 - see the class
        return Compiled(code, names)


@dataclass(frozen=True, slots=True)
class Compiled:
    """Compiled functions in their namespace, with what they refer to by name."""

    code: CodeType
    # Any: a namespace holds functions and constants of every type.
    namespace: dict[str, Any]

    # Any: as above.
    def again(self, instead: Mapping[str, Any]) -> dict[str, Any]:
        """The namespace of the same functions, where some names stand for something else."""
        namespace = {**self.namespace, **instead}
        exec(self.code, namespace)  # noqa: S102 - see `Code`
        return namespace


_BUILTINS = {
    "dict": dict,
    "enumerate": enumerate,
    "Exception": Exception,
    "float": float,
    "getattr": getattr,
    "hasattr": hasattr,
    "int": int,
    "list": list,
    "str": str,
    "tuple": tuple,
    "type": type,
}


def is_name(text: object) -> bool:
    """Whether `text` may stand in code as a name."""
    return isinstance(text, str) and text.isascii() and text.isidentifier()
