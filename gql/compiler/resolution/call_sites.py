"""Call sites: where an operation calls resolvers, with the paths, infos and outcomes of calls.

Compiled code identifies a call by a key: the site's number, the key of the call in whose result the
site is, and an index for each list in between. Paths and infos are derived from it when needed.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeAlias

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry import Info

from db.page import PageReads
from gql.compiler.resolution.strawberry_fields import UnwrappedResolver

CallKey: TypeAlias = tuple[Any, ...]  # Any: a number, a key, and indexes
Step: TypeAlias = tuple[str, str] | None
"""A response name with the name of its parent type; None for an index."""
ROOT: CallKey = ()
ITEM = -1
"""Instead of a site's number: the key of an item in the list that a call has returned."""


class ExecutionState(Protocol):
    """The part of an execution that compiled code and infos use."""

    # Any: the context that resolvers get.
    context_value: Any
    variable_values: VariableValues

    @property
    def executor(self) -> Executor[Any]:
        """graphql-core's executor of the same operation."""


@dataclass(frozen=True, slots=True, eq=False)
class CallSite:
    """A field in an operation whose resolver is called, once for each of its parents."""

    number: int
    steps: tuple[Step, ...]
    definition: GraphQLField
    parent_type: GraphQLObjectType
    nodes: list[FieldNode]
    unwrapped: UnwrappedResolver | None = None

    @property
    def coordinate(self) -> str:
        """The field as the schema knows it: `Type.field`."""
        return f"{self.parent_type.name}.{self.nodes[0].name.value}"


@dataclass(frozen=True, slots=True)
class CallSites:
    """The sites of an operation by their numbers."""

    all: list[CallSite] = field(default_factory=list)

    def path(self, key: CallKey) -> Path | None:
        """The path of the call `key`."""
        if not key:
            return None
        number, base, *indexes = key
        path, index = self.path(base), iter(indexes)
        for step in self.all[number].steps:
            path = Path(path, next(index), None) if step is None else Path(path, *step)
        return path

    def info(self, execution: ExecutionState, key: CallKey) -> GraphQLResolveInfo[Any]:
        """The info that graphql-core would pass to the resolver in the call `key`."""
        site, path = self.all[key[0]], self.path(key)
        assert path is not None, "a call has a path"  # noqa: S101 - for the type checker
        return execution.executor.build_resolve_info(
            site.definition, site.nodes, site.parent_type, path
        )

    # Any: outcomes are whatever resolvers returned.
    def by_path(self, outcomes: Mapping[CallKey, Any]) -> dict[Path, Any]:
        """The outcomes of calls by their paths."""
        found = ((self.path(key), outcome) for key, outcome in outcomes.items())
        return {path: outcome for path, outcome in found if path is not None}


@dataclass(frozen=True, slots=True)
class Raised:
    """The outcome of a call that raised."""

    error: Exception


@dataclass(slots=True)
class Settled:
    """The outcome of an awaitable that has been awaited; awaiting this repeats it."""

    value: Any = None  # Any: whatever it was
    error: Exception | None = None

    # Any: nothing is sent or yielded.
    def __await__(self) -> Generator[Any, Any, Any]:
        if self.error is not None:
            raise self.error
        return self.value
        yield


class ResolverInfo(Info[Any, Any]):  # Any: contexts and roots of every kind
    """Strawberry's info, created cheaply: most resolvers use only its context.

    Compiled code makes one for each call and sets its attributes.
    """

    context: Any = None
    """The context of the operation."""
    reads: PageReads | None = None
    """What the operation reads of the resolver's rows or page; None if not known."""
    call: "tuple[ExecutionState, CallSites, CallKey]"

    @cached_property
    def _raw_info(self) -> GraphQLResolveInfo[Any]:  # type: ignore[override]  # made at its first use
        execution, sites, key = self.call
        return sites.info(execution, key)

    @property
    def _field(self) -> Any:  # type: ignore[override]  # found by the site
        _, sites, key = self.call
        unwrapped = sites.all[key[0]].unwrapped
        return unwrapped.field if unwrapped else None
