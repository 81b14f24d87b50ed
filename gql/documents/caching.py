"""What caches may do with the answer to an operation: by its fields, and by its `@cacheControl`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    EnumValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    NamedTypeNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    get_named_type,
)

from gql.values.sharing import PERSONAL, Sharing, sharing_of

DIRECTIVE = "cacheControl"
LONGEST_SECONDS = 31_536_000
_PUBLIC, _PRIVATE = "public", "private"
_TYPE_NAME = "__typename"


class CachePolicyInvalid(Exception):
    """The document asks for what its fields do not allow; `error` says what."""

    def __init__(self, message: str, node: DirectiveNode) -> None:
        super().__init__(message)
        self.error = GraphQLError(message, node)


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """`max_age_seconds` is None where an answer must be validated before each use.

    Answers of operations with `has_secret`, and of mutations, are not compressed.
    """

    is_public: bool = False
    max_age_seconds: int | None = None
    has_secret: bool = False


def cache_policy(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> CachePolicy:
    """The policy of an operation of a valid document; raises `CachePolicyInvalid`.

    The work is linear in the size of the document.
    """
    root = schema.get_root_type(operation.operation)
    used = dict(_Fields(schema, fragments).of(root, operation.selection_set))
    has_secret = any(sharing.is_secret for sharing in used.values())
    if operation.operation is not OperationType.QUERY or root is None:
        return CachePolicy(has_secret=has_secret)
    at_root = {name: one for name, one in used.items() if name.startswith(f"{root.name}.")}
    personal = [name for name, one in at_root.items() if not one.is_public]
    is_public = bool(at_root) and not personal and not has_secret
    hinted = min((one.max_age_seconds for one in at_root.values()), default=0)
    declared = next(
        (one for one in operation.directives or () if one.name.value == DIRECTIVE), None
    )
    if declared is None:
        return CachePolicy(is_public, hinted if is_public else None, has_secret)
    values = {one.name.value: one.value for one in declared.arguments or ()}
    scope = _scope(values.get("scope"), declared)
    if scope == _PUBLIC and not is_public:
        reason = ", ".join(personal[:3]) or "nothing of it can be shared"
        raise CachePolicyInvalid(f"The answer cannot be PUBLIC: {reason} is not.", declared)
    return CachePolicy(
        is_public and scope != _PRIVATE, _max_age(values.get("maxAge"), declared), has_secret
    )


def _max_age(value: ValueNode | None, directive: DirectiveNode) -> int:
    seconds = int(value.value) if isinstance(value, IntValueNode) else -1
    if not 0 <= seconds <= LONGEST_SECONDS:
        message = f"`maxAge` of @{DIRECTIVE} must be a number from 0 to {LONGEST_SECONDS}."
        raise CachePolicyInvalid(message, directive)
    return seconds


def _scope(value: ValueNode | None, directive: DirectiveNode) -> str | None:
    if value is None or isinstance(value, NullValueNode):
        return None
    if isinstance(value, EnumValueNode):
        return value.value.lower()
    raise CachePolicyInvalid(f"`scope` of @{DIRECTIVE} must be written out.", directive)


class _Fields:
    """Finds the fields that an operation may select, each fragment once."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._seen: set[str] = set()

    def of(
        self, parent: object, selections: SelectionSetNode | None
    ) -> Iterator[tuple[str, Sharing]]:
        """The coordinates of the fields below, with whom their values are for."""
        for one in selections.selections if selections else ():
            if isinstance(one, FieldNode):
                yield from self._of_field(parent, one)
            elif isinstance(one, FragmentSpreadNode):
                name = one.name.value
                if name not in self._seen:
                    self._seen.add(name)
                    fragment = self._fragments[name]
                    yield from self.of(
                        self._named(fragment.type_condition, parent), fragment.selection_set
                    )
            else:
                yield from self.of(
                    self._named(getattr(one, "type_condition", None), parent),
                    getattr(one, "selection_set", None),
                )

    def _of_field(self, parent: object, node: FieldNode) -> Iterator[tuple[str, Sharing]]:
        name = node.name.value
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) or name == _TYPE_NAME:
            return
        field = parent.fields.get(name)
        if field is None:
            yield f"{parent.name}.{name}", PERSONAL  # introspection
            return
        yield f"{parent.name}.{name}", sharing_of(field.extensions)
        yield from self.of(get_named_type(field.type), node.selection_set)

    def _named(self, condition: NamedTypeNode | None, parent: object) -> object:
        return parent if condition is None else self._schema.get_type(condition.name.value)
