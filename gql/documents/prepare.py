"""Caches documents, which are parsed, validated and analysed once."""

from collections import OrderedDict
from hashlib import sha256

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import FragmentDetails

from gql.compiler.plans import Compile, Plans, compile_now, directives
from gql.documents.analysis import CostAnalysis
from gql.documents.choices import Choices
from gql.documents.error_formatting import detached
from gql.documents.introspection import introspecting
from gql.documents.introspection_cost import TooMuch
from gql.documents.limits import LIMIT_EXCEEDED, Limits, limit_error
from gql.documents.operation import Document, Operation, RequestRefused
from gql.documents.parsing import NameTooLong, ParsedDocument, parse_document
from gql.documents.put_off import puts_off
from gql.documents.validating import validation_errors

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
MOST_KEPT_BYTES = 24 * 1024 * 1024
"""Estimated memory of all cached documents, which do not hold their texts."""
LARGEST_KEPT_BYTES = 4 * 1024 * 1024
"""Estimated memory of one document; a larger one is not cached."""
_NODE_BYTES, _DOCUMENT_BYTES = 950, 20_000
"""Estimated memory of a node (with its costs and its share of compiled code), and of the rest."""

_NO_INTROSPECTION = (
    "GraphQL introspection has been disabled, but the requested query contained the field '{}'."
)


class Preparation:
    """The most recently used documents of one schema, including refused ones.

    `prepared` does not use the cache, so it may run in another thread.
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
        most_kept_bytes: int = MOST_KEPT_BYTES,
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
        self._cached: OrderedDict[bytes, tuple[Document, int]] = OrderedDict()
        self._most_kept_bytes = most_kept_bytes
        self.kept_bytes = 0

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation `name` of the document `text`, or its only one.

        Raises `RequestRefused` for what cannot be parsed, is not valid, or does not name one.
        """
        document = self.kept(text)
        if document is None:
            document = self.prepared(text)
            self.keep(text, document)
        return document.operation(name)

    def only_operation(self, text: str) -> Operation:
        """The only operation of the document `text`, which is not added to the cache.

        Raises `RequestRefused`.
        """
        return self.prepared(text, is_lasting=True).operation(None)

    def kept(self, text: str) -> Document | None:
        """The cached document, which becomes the most recently used; None if it is not cached."""
        key = _hash(text)
        cached = self._cached.get(key)
        if cached is None:
            return None
        self._cached.move_to_end(key)
        return cached[0]

    def keep(self, text: str, document: Document) -> None:
        """Cache a document unless it is too large, and evict the least recently used ones."""
        key, size = _hash(text), _DOCUMENT_BYTES + document.nodes * _NODE_BYTES
        if size > LARGEST_KEPT_BYTES or key in self._cached:
            return
        self._cached[key] = (document, size)
        self.kept_bytes += size
        while self.kept_bytes > self._most_kept_bytes:
            _, (_, evicted) = self._cached.popitem(last=False)
            self.kept_bytes -= evicted

    def prepared(self, text: str, *, is_lasting: bool = False) -> Document:
        """Parse, check and analyse a text; the work is bounded by its length and the limits."""
        try:
            document, nodes = self._valid(text)
            return Document(self._operations(document, is_lasting=is_lasting), nodes=nodes)
        except RequestRefused as refused:
            return Document({}, (refused.code, [detached(one) for one in refused.errors]))

    def _valid(self, text: str) -> ParsedDocument:
        """The document, if it is valid; the cheapest checks come first."""
        try:
            one = parse_document(text, most_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            raise RequestRefused(PARSE_FAILED, [error]) from None
        except NameTooLong as error:
            raise RequestRefused(LIMIT_EXCEEDED, [error.error]) from None
        introspection = None if self._allows_introspection else introspecting(one.document)
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
        self, document: DocumentNode, *, is_lasting: bool
    ) -> dict[str | None, Operation]:
        fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        analysis = CostAnalysis(self._schema, fragments)
        details = {name: FragmentDetails(one, None) for name, one in fragments.items()}
        shared = directives(fragments.values())
        is_put_off = puts_off(document)

        def operation(definition: OperationDefinitionNode) -> Operation:
            try:
                cost = analysis.cost(definition)
            except TooMuch as much:
                raise RequestRefused(LIMIT_EXCEEDED, [GraphQLError(str(much))]) from None
            plans = Plans(
                self._schema,
                definition,
                details,
                is_lasting=is_lasting,
                fragment_directives=shared,
                compile_=self._compile,
            )
            return Operation(
                definition,
                details,
                fragments,
                plans if self._is_compiled and not is_put_off else None,
                cost,
                # An introspection's answer is complete at once.
                puts_off=is_put_off and not cost.is_introspection,
                hides_suggestions=self._hides_suggestions,
                choices=Choices(self._schema, definition, fragments.values()),
            )

        return {
            definition.name.value if definition.name else None: operation(definition)
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        }


def _hash(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
