"""What the header fields of a request ask of /graphql, beside its caller."""

from collections.abc import Mapping

from app.graphql.accept import AcceptedTypes, parse_accept
from app.graphql.forgery import is_json
from app.request_head import RequestHead

_NAME, _APOLLO_NAME = "graphql-client-name", "apollographql-client-name"
_PLAIN = frozenset({"", "identity"})


class HeaderOptions:
    """Header fields by their names in text, and what is read of them for each request."""

    __slots__ = ("asks_cost", "client_name", "headers", "is_encoded", "is_json", "types")

    def __init__(self, fields: Mapping[bytes, bytes]) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in fields.items()
        }
        self.headers: Mapping[str, str] = headers
        self.types: AcceptedTypes | None = parse_accept(headers.get("accept"))
        """None where nothing that we have is accepted."""
        self.is_json = is_json(headers)
        self.is_encoded = headers.get("content-encoding", "").strip().lower() not in _PLAIN
        self.asks_cost = headers.get("graphql-cost", "").strip().lower() == "validate"
        self.client_name = client_name(headers)


def client_name(headers: Mapping[str, str]) -> str | None:
    """What the client calls itself, if it does."""
    return headers.get(_NAME) or headers.get(_APOLLO_NAME)


def terms_of(head: RequestHead) -> HeaderOptions:
    """Those of a head, read when they are first asked for."""
    options: HeaderOptions | None = head.options
    if options is None:
        options = head.options = HeaderOptions(head.fields)
    return options
