"""Compiles one operation into functions that encode its answer.

Each function encodes the result of one resolver call down to the next calls: straight code, with a
loop for each list. It returns a list of bytes, with slots for the results of the next calls. The
code is optimistic: it raises on anything unexpected, and handles no error itself.
"""

from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLError, OperationType
from graphql.execution.executor import get_typename

from gql.compiler import leaves
from gql.compiler.arguments import CoerceArguments
from gql.compiler.code import TooMuchCode
from gql.compiler.completing import Completing
from gql.compiler.emission import Emission
from gql.compiler.identifiers import NotCompiled
from gql.compiler.ordinary import PLAIN_CLASSES, Unexpected, admit, is_to_be_awaited
from gql.compiler.sites import CallSites, LazyInfo, Raised
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
    "ordinary": PLAIN_CLASSES,
    "Raised": Raised,
    "typename": get_typename,
    "Unexpected": Unexpected,
}


# Any: bytes, and nested lists until slots are filled.
Roots: TypeAlias = tuple[Callable[..., list[Any]], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The compiled code of an operation.

    `roots` encode the root fields: one function for all, or one for each field of a mutation. Each
    takes the execution and the root value, and returns its part of the answer as a list.
    """

    roots: Roots
    traced_roots: Callable[[], Roots]
    """The same functions, recording their time and that of the resolvers they call."""
    coerce: tuple[CoerceArguments, ...]
    """Functions that coerce the arguments that are coerced once per request."""
    sites: CallSites
    text: str


def compile_operation(emission: Emission) -> Plan:
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
