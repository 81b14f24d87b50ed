"""Documents parsed: within their limits, every node with the line and column it begins at.

graphql-core's nodes refer to the tokens and the text that they come from, so that a kept document
holds all of them, and each error looks for its line from the beginning of the text. The lexer knows
the line of every token; that is what is kept. This is the one module that knows how graphql-core
parses.
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

LONGEST_NAME = 255
"""Characters of a name; each alias is in the answer as often as there are objects."""


class Place(SourceLocation):
    """Where a node begins. It is false: graphql-core is not to look for the line again."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """Whether the node has a location that graphql-core can work with."""
        return False


class Parsed(NamedTuple):
    """A document, and how many nodes it has."""

    document: DocumentNode
    nodes: int


class NameTooLong(Exception):
    """A name has more than `LONGEST_NAME` characters; `error` says where."""

    def __init__(self, place: SourceLocation, length: int) -> None:
        super().__init__(length)
        self.error = GraphQLError(
            f"A name has {length} characters; at most {LONGEST_NAME} are served.",
            extensions={"count": length, "maximum": LONGEST_NAME},
        )
        self.error.locations = [place]


def parsed(text: str, *, most_tokens: int) -> Parsed:
    """Parse a document of at most so many tokens, and as many comments.

    Raises `GraphQLSyntaxError` and `NameTooLong`. The work is linear in the length of the text, and
    ends with the first token or comment too many.
    """
    parser = _Parser(
        text,
        max_lexical_tokens=most_tokens,
        max_comments=most_tokens,
        allow_empty_selection_sets=False,
    )
    try:
        document = parser.parse_document()
    except RecursionError:
        pass
    else:
        return Parsed(document, parser.nodes)
    finally:
        parser.let_go_of_tokens()
    # Outside of the handler: the error is kept, and would keep every frame of the recursion.
    raise nested_too_deeply_error(parser)


class _Parser(Parser):
    # Any: as graphql-core's parser has it.
    def __init__(self, text: str, **options: Any) -> None:
        super().__init__(text, **options)
        self.nodes = 0

    def let_go_of_tokens(self) -> None:
        """Undo their chain: both ways it is a circle, which stops all threads to be collected."""
        token: Token | None = self._lexer.token
        while token is not None:
            before = token.prev
            token.prev = token.next = None
            token = before

    def loc(self, start_token: Token) -> Location:
        self.nodes += 1
        return cast("Location", Place(start_token.line, start_token.column))

    def parse_name(self) -> NameNode:
        name = super().parse_name()
        if len(name.value) > LONGEST_NAME:
            raise NameTooLong(cast("Place", name.loc), len(name.value))
        return name
