"""Parses documents within limits; every node knows the line and column at which it begins.

graphql-core's nodes refer to their tokens and to the text, which a cached document would keep in
memory, and every error would search the text for its line. Here nodes have the line and column that
the lexer knows already. This is the one module that depends on how graphql-core parses.
"""

from typing import Any, NamedTuple, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    Location,
    NameNode,
    SourceLocation,
    Token,
)
from graphql.language.parser import Parser, nested_too_deeply_error

MAX_NAME_LENGTH = 255
"""Characters of a name; an alias is repeated in the answer for every object."""


class NodeLocation(SourceLocation):
    """Where a node begins. It is falsy, so that graphql-core does not search for the line."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """False: it is no location that graphql-core can work with."""
        return False


class ParsedDocument(NamedTuple):
    """A document, and the number of its nodes."""

    document: DocumentNode
    nodes: int


class NameTooLong(Exception):
    """A name has more than `MAX_NAME_LENGTH` characters; `error` says where."""

    def __init__(self, place: SourceLocation, length: int) -> None:
        super().__init__(length)
        self.error = GraphQLError(
            f"A name has {length} characters; at most {MAX_NAME_LENGTH} are served.",
            extensions={"count": length, "maximum": MAX_NAME_LENGTH},
        )
        self.error.locations = [place]


def parse_document(text: str, *, max_tokens: int) -> ParsedDocument:
    """Parse a document of at most `max_tokens` tokens, and as many comments.

    Raises `GraphQLSyntaxError` and `NameTooLong`. The work is linear in the length of the text, and
    stops at the first token or comment too many.
    """
    parser = _Parser(
        text,
        max_lexical_tokens=max_tokens,
        max_comments=max_tokens,
        allow_empty_selection_sets=False,
    )
    try:
        document = parser.parse_document()
    except RecursionError:
        pass
    else:
        return ParsedDocument(document, parser.nodes)
    finally:
        parser.unlink_tokens()
    # Outside of the handler: the error must not refer to every frame of the recursion.
    raise nested_too_deeply_error(parser)


class _Parser(Parser):
    # Any: the options of graphql-core's parser.
    def __init__(self, text: str, **options: Any) -> None:
        super().__init__(text, **options)
        self.nodes = 0

    def unlink_tokens(self) -> None:
        """Unlink the chain of tokens, whose circular references only the collector could free."""
        token: Token | None = self._lexer.token
        while token is not None:
            before = token.prev
            token.prev = token.next = None
            token = before

    def loc(self, start_token: Token) -> Location:
        self.nodes += 1
        return cast("Location", NodeLocation(start_token.line, start_token.column))

    def parse_name(self) -> NameNode:
        name = super().parse_name()
        if len(name.value) > MAX_NAME_LENGTH:
            raise NameTooLong(cast("NodeLocation", name.loc), len(name.value))
        return name
