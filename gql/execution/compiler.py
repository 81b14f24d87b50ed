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

from gql.execution import leaves
from gql.execution.arguments import Coerce
from gql.execution.code import TooMuchCode
from gql.execution.completing import Completing
from gql.execution.emission import Emission, NotCompiled
from gql.execution.later import Later
from gql.execution.replay import Raised
from gql.execution.sites import LazyInfo, Sites
from gql.execution.traced_resolvers import traced_resolvers
from gql.execution.values import ORDINARY, Unexpected, admit, is_to_be_awaited
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
    """The same functions, which say what the time of the resolvers is that they call."""
    coerce: tuple[Coerce, ...]
    """What gives the arguments that are coerced once a request."""
    sites: Sites
    text: str


def compiled(emission: Emission) -> Plan:
    """Compile an operation; raises `NotCompiled`."""
    try:
        names = _roots(emission)
        code = emission.code.compiled({**_NAMES, "sites": emission.sites})
    except (TooMuchCode, GraphQLError, RecursionError, SyntaxError) as error:
        raise NotCompiled from error
    resolvers = emission.resolvers

    def traced() -> Roots:
        instead = traced_resolvers(code.namespace, resolvers)
        return _functions(names, code.again(instead))

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
