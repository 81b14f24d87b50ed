"""Caches documents, which are parsed, validated and analysed once."""

from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import FragmentDetails

from gql.compiler.plan_cache import Compile, OperationPlans, compile_now, directives
from gql.documents.budgets.choices import Choices
from gql.documents.caching import CachePolicyInvalid, cache_policy
from gql.documents.cost.analysis import CostAnalysis
from gql.documents.cost.introspection_cost import AnalysisLimitExceeded
from gql.documents.operation import Document, Operation, RequestRefused
from gql.documents.validation.error_formatting import without_document
from gql.documents.validation.incremental_directives import uses_incremental_delivery
from gql.documents.validation.introspection import first_introspection_field
from gql.documents.validation.limits import LIMIT_EXCEEDED, Limits, limit_error
from gql.documents.validation.parsing import NameTooLong, ParsedDocument, parse_document
from gql.documents.validation.rules import validation_errors

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
MAX_CACHED_BYTES = 24 * 1024 * 1024
"""Estimated memory of all cached documents, which do not hold their texts."""
MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
"""Estimated memory of one document; a larger one is not cached."""
_NODE_BYTES, _DOCUMENT_BYTES = 950, 20_000
"""Estimated memory of a node (with its costs and its share of compiled code), and of the rest."""
_OWN_DOCUMENTS = 256
"""How many operations of our own documents are kept, for all servers of a process."""

_NO_INTROSPECTION = (
    "GraphQL introspection has been disabled, but the requested query contained the field '{}'."
)


class DocumentCache:
    """The most recently used documents of one schema, including refused ones.

    `prepare` does not use the cache, so it may run in another thread.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        limits: Limits,
        allows_introspection: bool,
        hides_suggestions: bool | None = None,
        is_compiled: bool = True,
        compile_: Compile = compile_now,
        max_cached_bytes: int = MAX_CACHED_BYTES,
    ) -> None:
        """By default suggestions are hidden if introspection is not allowed."""
        self._schema = schema
        self._hides_suggestions = (
            not allows_introspection if hides_suggestions is None else hides_suggestions
        )
        self._allows_introspection = allows_introspection
        self._limits = limits
        self._is_compiled = is_compiled
        self._compile = compile_
        # Keyed by hash, so that the texts themselves can be freed.
        self._cached = LRUCache[bytes, Document](max_cached_bytes, getsizeof=_estimated_bytes)

    @property
    def cached_bytes(self) -> float:
        """The estimated memory of all cached documents."""
        return self._cached.currsize

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation `name` of the document `text`, or its only one.

        Raises `RequestRefused` for what cannot be parsed, is not valid, or does not name one.
        """
        document = self.get(text)
        if document is None:
            document = self.prepare(text)
            self.add(text, document)
        return document.operation(name)

    def only_operation(self, text: str) -> Operation:
        """The only operation of the document `text`, which is not added to the cache.

        Raises `RequestRefused`.
        """
        return self.prepare(text, is_long_lived=True).operation(None)

    def own_operation(self, text: str) -> Operation:
        """The only operation of one of our own documents, with its plan if it always has the same.

        What follows from the schema is worked out once a process, whatever the number of its
        servers. Raises `RequestRefused`.
        """
        operation = _own_operation(
            self._schema,
            text,
            self._limits,
            allows_introspection=self._allows_introspection,
            hides_suggestions=self._hides_suggestions,
            is_compiled=self._is_compiled,
        )
        plans = operation.plans
        return replace(operation, plans=plans and plans.compiled_by(self._compile))

    def get(self, text: str) -> Document | None:
        """The cached document, which becomes the most recently used; None if it is not cached."""
        return self._cached.get(_hash(text))

    def add(self, text: str, document: Document) -> None:
        """Cache a document unless it is too large, and evict the least recently used ones."""
        if _estimated_bytes(document) <= min(MAX_DOCUMENT_BYTES, self._cached.maxsize):
            self._cached.setdefault(_hash(text), document)

    def prepare(self, text: str, *, is_long_lived: bool = False) -> Document:
        """Parse, check and analyse a text; the work is bounded by its length and the limits."""
        try:
            document, nodes = self._valid(text)
            return Document(self._operations(document, is_long_lived=is_long_lived), nodes=nodes)
        except RequestRefused as refused:
            return Document({}, (refused.code, [without_document(one) for one in refused.errors]))

    def _valid(self, text: str) -> ParsedDocument:
        """The document, if it is valid; the cheapest checks come first."""
        try:
            one = parse_document(text, max_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            raise RequestRefused(PARSE_FAILED, [error]) from None
        except NameTooLong as error:
            raise RequestRefused(LIMIT_EXCEEDED, [error.error]) from None
        introspection = (
            None if self._allows_introspection else first_introspection_field(one.document)
        )
        if introspection is not None:
            message = _NO_INTROSPECTION.format(introspection.name.value)
            raise RequestRefused(VALIDATION_FAILED, [GraphQLError(message, introspection)])
        limited = limit_error(one.document, self._limits)
        if limited:
            raise RequestRefused(LIMIT_EXCEEDED, [limited])
        errors = validation_errors(
            self._schema, one.document, hides_suggestions=self._hides_suggestions
        )
        if errors:
            raise RequestRefused(VALIDATION_FAILED, errors)
        return one

    def _operations(
        self, document: DocumentNode, *, is_long_lived: bool
    ) -> dict[str | None, Operation]:
        fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        analysis = CostAnalysis(self._schema, fragments)
        details = {name: FragmentDetails(one, None) for name, one in fragments.items()}
        shared = directives(fragments.values())
        is_incremental = uses_incremental_delivery(document)

        def operation(definition: OperationDefinitionNode) -> Operation:
            try:
                cost = analysis.cost(definition)
                caching = cache_policy(self._schema, definition, fragments)
            except AnalysisLimitExceeded as much:
                raise RequestRefused(LIMIT_EXCEEDED, [GraphQLError(str(much))]) from None
            except CachePolicyInvalid as invalid:
                raise RequestRefused(VALIDATION_FAILED, [invalid.error]) from None
            plans = OperationPlans(
                self._schema,
                definition,
                details,
                is_long_lived=is_long_lived,
                fragment_directives=shared,
                compile_=self._compile,
            )
            return Operation(
                definition,
                details,
                fragments,
                plans if self._is_compiled and not is_incremental else None,
                cost,
                # An introspection's answer is complete at once.
                uses_incremental_delivery=is_incremental and not cost.is_introspection,
                hides_suggestions=self._hides_suggestions,
                caching=caching,
                choices=Choices(self._schema, definition, fragments.values()),
            )

        return {
            definition.name.value if definition.name else None: operation(definition)
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        }


@lru_cache(_OWN_DOCUMENTS)
def _own_operation(
    schema: GraphQLSchema,
    text: str,
    limits: Limits,
    *,
    allows_introspection: bool,
    hides_suggestions: bool,
    is_compiled: bool,
) -> Operation:
    preparation = DocumentCache(
        schema,
        limits=limits,
        allows_introspection=allows_introspection,
        hides_suggestions=hides_suggestions,
        is_compiled=is_compiled,
    )
    operation = preparation.only_operation(text)
    if operation.plans is not None:
        operation.plans.compile_unconditional()
    return operation


def _estimated_bytes(document: Document) -> int:
    return _DOCUMENT_BYTES + document.nodes * _NODE_BYTES


def _hash(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
