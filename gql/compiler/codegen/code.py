"""The text of generated functions, and the constants that it refers to."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType
from typing import Any, TypeAlias

_INDENT = "    "
MAX_INDENTATION = 40
"""Levels of indentation; Python itself allows less than a hundred."""


class CodeLimitExceeded(Exception):
    """The operation takes more code than is worth compiling."""


@dataclass(frozen=True, slots=True)
class Literal:
    """JSON that is part of every answer; a bound constant if it has names of a document."""

    text: str
    is_from_document: bool = False


@dataclass(slots=True)
class Opening:
    """A variable with what precedes an item of a list: a bracket or comma, and what follows it."""

    variable: str
    follows: Literal = Literal("")

    def after(self, separator: str) -> Literal:
        """The value of the variable for an item after this separator."""
        return Literal(separator + self.follows.text, self.follows.is_from_document)


Piece: TypeAlias = Literal | Opening | str
"""A part of an answer: constant JSON, or an expression that gives its bytes."""


class Function:
    """The text of one function, which appends the pieces of an answer to the list `w`.

    Pieces are collected, and appended together by `flush`, before and at the end of each block.
    """

    def __init__(self, code: "Code", header: str) -> None:
        self.lines = [f"def {header}:"]
        self.loops = 0
        self.has_slots = False
        """Whether the list has slots that are filled later."""
        self.columns: set[str] = set()
        """The columns of rows that the function reads."""
        self.members: set[str] = set()
        """The members of sources, such as pages, that the function reads."""
        self.needs_rows = False
        """Whether the function passes whole rows on, of which any column may be needed."""
        self._code = code
        self._level = 1
        self._names = 0
        self._pieces: list[Piece] = []

    def name(self) -> str:
        """A new name for a local variable."""
        self._names += 1
        return f"v{self._names}"

    def line(self, text: str) -> None:
        """Add one line of code."""
        self.lines.append(_INDENT * self._level + text)

    def literal(self, text: str, *, is_from_document: bool = False) -> None:
        """Add constant JSON; names that come from a document must be marked."""
        if not text:
            return
        last = self._pieces[-1] if self._pieces else None
        if isinstance(last, Literal):
            self._pieces[-1] = Literal(last.text + text, last.is_from_document or is_from_document)
        else:
            self._pieces.append(Literal(text, is_from_document))

    def piece(self, piece: Opening | str) -> None:
        """Add the value of an expression."""
        self._pieces.append(piece)

    def flush(self) -> None:
        """Write the code that appends the collected pieces."""
        pieces, self._pieces = self._pieces, []
        opening, literal = (*pieces[:2], None, None)[:2]
        if isinstance(opening, Opening) and isinstance(literal, Literal):
            opening.follows = literal
            del pieces[1]
        if len(pieces) == 1:
            self.line(f"w.append({self._expression(pieces[0])})")
        elif pieces:
            self.line(f"w += {', '.join(map(self._expression, pieces))}")

    def constant(self, literal: Literal) -> str:
        """The bytes of a literal, as an expression."""
        encoded = literal.text.encode()
        return self._code.bind(encoded) if literal.is_from_document else repr(encoded)

    def reserve(self) -> int:
        """Reserve a line that `fill` writes later; returns its number."""
        self.line("pass")
        return len(self.lines) - 1

    def fill(self, number: int, text: str) -> None:
        """Write a reserved line."""
        self.lines[number] = self.lines[number].removesuffix("pass") + text

    @contextmanager
    def indented(self, header: str | None) -> Iterator[None]:
        """Indent what follows by one level below `header`, and flush the pieces around it."""
        self.flush()
        if header is not None:
            self.line(header)
        self._level += 1
        if self._level > MAX_INDENTATION:
            raise CodeLimitExceeded
        before = len(self.lines)
        yield
        self.flush()
        if len(self.lines) == before:
            self.line("pass")
        self._level -= 1

    def _expression(self, piece: Piece) -> str:
        if isinstance(piece, Opening):
            return piece.variable
        return self.constant(piece) if isinstance(piece, Literal) else piece


class Code:
    """Generates the functions of one module.

    The text consists of what the compiler writes, of names of the schema that are identifiers, and
    of names of constants. Everything that comes from a document is a constant, never text.
    """

    def __init__(self) -> None:
        self._constants: dict[str, object] = {}
        self._names: dict[int | bytes, str] = {}
        self._functions: list[Function] = []

    def function(self, header: str) -> Function:
        """Begin a new function."""
        function = Function(self, header)
        self._functions.append(function)
        return function

    def bind(self, value: object) -> str:
        """The constant's name for `value`; the same for the same object."""
        key = value if type(value) is bytes else id(value)
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"c{len(self._constants)}"
            self._constants[name] = value
        return name

    @property
    def text(self) -> str:
        """The source code, for debugging."""
        return "\n\n".join("\n".join(function.lines) for function in self._functions) + "\n"

    # Any: a namespace holds functions and constants of every type.
    def compiled(self, names: dict[str, Any]) -> "CompiledModule":
        """Compile the functions, which may use `names` and the constants."""
        code = compile(self.text, "<compiled operation>", "exec")
        names = {"__builtins__": _BUILTINS, **names, **self._constants}
        exec(code, names)  # noqa: S102 - see the class
        return CompiledModule(code, names)


@dataclass(frozen=True, slots=True)
class CompiledModule:
    """The compiled functions in their namespace, with everything that they refer to."""

    code: CodeType
    # Any: a namespace holds functions and constants of every type.
    namespace: dict[str, Any]

    # Any: as above.
    def with_replacements(self, instead: Mapping[str, Any]) -> dict[str, Any]:
        """A namespace of the same functions in which some names are replaced."""
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
    "len": len,
    "list": list,
    "str": str,
    "tuple": tuple,
    "type": type,
}
