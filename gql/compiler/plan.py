"""From one operation to the functions that write its answer.

A function writes the value of one call from what the resolver gave: the whole of it down to the
next calls, in one piece of straight code with a loop for each list. What it gives is a list of
bytes, in which what the next calls give has its slots. The code is optimistic: whatever it does not
expect raises, and nothing in it handles an error.
"""

from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLError, OperationType
from graphql.execution.executor import get_typename

from gql.compiler import leaves
from gql.compiler.arguments import Coerce
from gql.compiler.code import TooMuchCode
from gql.compiler.completing import Completing
from gql.compiler.emission import Emission
from gql.compiler.identifiers import NotCompiled
from gql.compiler.ordinary import ORDINARY, Unexpected, admit, is_to_be_awaited
from gql.compiler.sites import LazyInfo, Raised, Sites
from gql.compiler.traced_resolvers import traced_resolvers, traced_writers
from gql.values.later import Later
from loaders.batch import Loaded

_NAMES = {
    **leaves.NAMES,
    "admit": admit,
    "b2a_base64": b2a_base64,
    "futures": frozenset({Loaded, Later}),
    "is_to_be_awaited": is_to_be_awaited,
    "join": b"".join,
    "LazyInfo": LazyInfo,
    "new": object.__new__,
    "ordinary": ORDINARY,
    "Raised": Raised,
    "typename": get_typename,
    "Unexpected": Unexpected,
}


Roots: TypeAlias = tuple[Callable[..., list[Any]], ...]  # Any: bytes, and lists for a while


@dataclass(frozen=True, slots=True)
class Plan:
    """The compiled code of an operation.

    `roots` write the root fields: all at once, or each of them where they follow one another. Each
    takes the running operation and the root value, and gives its part of the answer as a list.
    """

    roots: Roots
    traced_roots: Callable[[], Roots]
    """The same functions, which say what their time is, and that of the resolvers they call."""
    coerce: tuple[Coerce, ...]
    """What gives the arguments that are coerced once a request."""
    sites: Sites
    text: str


def compiled(emission: Emission) -> Plan:
    """Compile an operation; raises `NotCompiled`."""
    try:
        names = _roots(emission)
        code = emission.code.compiled({**_NAMES, **emission.columns, "sites": emission.sites})
    except (TooMuchCode, GraphQLError, RecursionError, SyntaxError) as error:
        raise NotCompiled from error
    resolvers, writers = emission.resolvers, emission.writers

    def traced() -> Roots:
        namespace = code.again(traced_resolvers(code.namespace, resolvers))
        namespace |= traced_writers(namespace, writers)
        return _functions(names, namespace)

    plain = _functions(names, code.namespace)
    return Plan(plain, traced, tuple(emission.coerce), emission.sites, emission.code.text)


# Any: a namespace holds functions and constants of every type.
def _functions(names: Sequence[str], space: Mapping[str, Any]) -> Roots:
    return tuple(space[name] for name in names)


def _roots(emission: Emission) -> list[str]:
    kind = emission.operation.operation
    root = emission.schema.get_root_type(kind)
    if root is None:
        raise NotCompiled
    grouped = emission.root_fields(root)
    groups = [grouped]
    if kind is OperationType.MUTATION:
        groups = [{name: details} for name, details in grouped.items()] or [grouped]
    completing = Completing(emission)
    last = len(groups) - 1
    return [
        completing.root(number, root, group, is_last=number == last)
        for number, group in enumerate(groups)
    ]
