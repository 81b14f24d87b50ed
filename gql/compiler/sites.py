"""Where an operation calls a resolver: what it is told there, and the path of each call.

Compiled code names a call by a key: the site's number, the key of the call whose value the site is
reached from, and an index for each list in between. Paths and infos are made of it when asked for.
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

from gql.compiler.strawberry_fields import Direct

Key: TypeAlias = tuple[Any, ...]  # Any: a number, a key, and indexes
Step: TypeAlias = tuple[str, str] | None
"""A response name with the type that it is a field of, or an index."""
ROOT: Key = ()
ITEM = -1
"""In the place of a site's number: an item of the list that the call gave whose key follows."""


class Run(Protocol):
    """One run of a plan, as far as compiled code and infos ask of it."""

    # Any: whatever resolvers take.
    context_value: Any
    variable_values: VariableValues

    @property
    def executor(self) -> Executor[Any]:
        """graphql-core's executor of the same operation."""


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One field of one type in an operation, resolved by a call for each of its parents."""

    number: int
    steps: tuple[Step, ...]
    definition: GraphQLField
    parent_type: GraphQLObjectType
    nodes: list[FieldNode]
    direct: Direct | None = None

    @property
    def coordinate(self) -> str:
        """The field as the schema knows it: `Type.field`."""
        return f"{self.parent_type.name}.{self.nodes[0].name.value}"


@dataclass(frozen=True, slots=True)
class Sites:
    """The sites of an operation by their numbers."""

    all: list[Site] = field(default_factory=list)

    def path(self, key: Key) -> Path | None:
        """The path of the call `key`."""
        if not key:
            return None
        number, base, *indexes = key
        path, index = self.path(base), iter(indexes)
        for step in self.all[number].steps:
            path = Path(path, next(index), None) if step is None else Path(path, *step)
        return path

    def info(self, running: Run, key: Key) -> GraphQLResolveInfo[Any]:
        """What graphql-core tells the resolver of the call `key`."""
        site, path = self.all[key[0]], self.path(key)
        assert path is not None, "a call has a path"  # noqa: S101 - for the type checker
        return running.executor.build_resolve_info(
            site.definition, site.nodes, site.parent_type, path
        )

    # Any: outcomes are whatever resolvers gave.
    def by_path(self, outcomes: Mapping[Key, Any]) -> dict[Path, Any]:
        """The outcomes of calls under their paths."""
        found = ((self.path(key), outcome) for key, outcome in outcomes.items())
        return {path: outcome for path, outcome in found if path is not None}


@dataclass(frozen=True, slots=True)
class Raised:
    """What a resolver raised when it was called."""

    error: Exception


@dataclass(slots=True)
class Settled:
    """What came of an awaitable that has been awaited."""

    value: Any = None  # Any: whatever it was
    error: Exception | None = None

    # Any: nothing is sent or yielded.
    def __await__(self) -> Generator[Any, Any, Any]:
        if self.error is not None:
            raise self.error
        return self.value
        yield


class LazyInfo(Info[Any, Any]):  # Any: contexts and roots of every kind
    """Strawberry's info, of which most resolvers want nothing but the context.

    Compiled code makes one for each call, and sets what it consists of.
    """

    context: Any = None
    """The context of the operation."""
    columns: frozenset[str] | None = None
    """Those that are read of the rows that the resolver gives; None where they may be any."""
    call: "tuple[Run, Sites, Key]"

    @cached_property
    def _raw_info(self) -> GraphQLResolveInfo[Any]:  # type: ignore[override]  # made when it is read
        running, sites, key = self.call
        return sites.info(running, key)

    @property
    def _field(self) -> Any:  # type: ignore[override]  # known by the site
        _, sites, key = self.call
        direct = sites.all[key[0]].direct
        return direct.field if direct else None
