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

from gql.compiler.codegen import leaves
from gql.compiler.codegen.code import CodeLimitExceeded
from gql.compiler.codegen.context import CodegenContext
from gql.compiler.codegen.plain_values import (
    PLAIN_CLASSES,
    UnexpectedValue,
    needs_await,
    require_plain,
)
from gql.compiler.codegen.values import ValueWriter
from gql.compiler.identifiers import NotCompiled
from gql.compiler.resolution.arguments import CoerceArguments
from gql.compiler.resolution.call_sites import CallSites, Raised, ResolverInfo
from gql.compiler.resolution.tracing import traced_resolvers, traced_writers
from gql.values.mapped_future import MappedFuture
from loaders.batching.loader import LoaderFuture

_NAMES = {
    **leaves.NAMES,
    "require_plain": require_plain,
    "b2a_base64": b2a_base64,
    "futures": frozenset({LoaderFuture, MappedFuture}),
    "loader_future": LoaderFuture,
    "needs_await": needs_await,
    "join": b"".join,
    "ResolverInfo": ResolverInfo,
    "new": object.__new__,
    "plain_classes": PLAIN_CLASSES,
    "Raised": Raised,
    "typename": get_typename,
    "UnexpectedValue": UnexpectedValue,
}


# Any: bytes, and nested lists until slots are filled.
Roots: TypeAlias = tuple[Callable[..., list[Any]], ...]


@dataclass(frozen=True, slots=True)
class ExecutionPlan:
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


def compile_operation(context: CodegenContext) -> ExecutionPlan:
    """Compile an operation; raises `NotCompiled`."""
    try:
        names = _roots(context)
        code = context.code.compiled({**_NAMES, **context.reads, "sites": context.sites})
    except (CodeLimitExceeded, GraphQLError, RecursionError, SyntaxError) as error:
        raise NotCompiled from error
    resolvers, writers = context.resolvers, context.writers

    def traced() -> Roots:
        namespace = code.with_replacements(traced_resolvers(code.namespace, resolvers))
        namespace |= traced_writers(namespace, writers)
        return _functions(names, namespace)

    plain = _functions(names, code.namespace)
    return ExecutionPlan(plain, traced, tuple(context.coerce), context.sites, context.code.text)


# Any: a namespace holds functions and constants of every type.
def _functions(names: Sequence[str], space: Mapping[str, Any]) -> Roots:
    return tuple(space[name] for name in names)


def _roots(context: CodegenContext) -> list[str]:
    kind = context.operation.operation
    root = context.schema.get_root_type(kind)
    if root is None:
        raise NotCompiled
    grouped = context.root_fields(root)
    groups = [grouped]
    if kind is OperationType.MUTATION:
        groups = [{name: details} for name, details in grouped.items()] or [grouped]
    value_writer = ValueWriter(context)
    last = len(groups) - 1
    return [
        value_writer.root(number, root, group, is_last=number == last)
        for number, group in enumerate(groups)
    ]
