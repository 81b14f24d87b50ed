"""Options of a GraphQL request that are in its header fields."""

import re
from collections.abc import Mapping

from app.graphql.request.content_negotiation import AcceptedTypes, parse_accept
from app.http.content_coding import accepted_codings
from app.http.csrf import is_json
from app.http.request_head import RequestHead

_CONSISTENCY = "consistency-token"
"""The response to a mutation has it where there is a replica; later requests may send it."""
_NAME, _APOLLO_NAME = "graphql-client-name", "apollographql-client-name"
_POSITION = re.compile("[0-9a-f]{1,15}")
_PLAIN = frozenset({"", "identity"})


class HeaderOptions:
    """Header fields as text, and the options in them."""

    __slots__ = (
        "asks_cost",
        "client_name",
        "codings",
        "headers",
        "is_encoded",
        "is_json",
        "read_after",
        "types",
    )

    def __init__(self, fields: Mapping[bytes, bytes]) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in fields.items()
        }
        self.headers: Mapping[str, str] = headers
        self.types: AcceptedTypes | None = parse_accept(headers.get("accept"))
        """None if none of our media types is accepted."""
        self.is_json = is_json(headers)
        self.is_encoded = headers.get("content-encoding", "").strip().lower() not in _PLAIN
        self.asks_cost = headers.get("graphql-cost", "").strip().lower() == "validate"
        self.codings = accepted_codings(headers.get("accept-encoding"))
        self.client_name = client_name(headers)
        self.read_after: int | None = _position_in(headers.get(_CONSISTENCY))
        """The position of the write-ahead log that reads must see; None if it is not valid."""


def _position_in(token: str | None) -> int | None:
    if token is None:
        return 0
    return int(token, 16) if _POSITION.fullmatch(token) else None


def client_name(headers: Mapping[str, str]) -> str | None:
    """The name that the client gives itself, if it does."""
    return headers.get(_NAME) or headers.get(_APOLLO_NAME)


def header_options_of(head: RequestHead) -> HeaderOptions:
    """The options of a head, parsed at first use."""
    options: HeaderOptions | None = head.options
    if options is None:
        options = head.options = HeaderOptions(head.fields)
    return options
