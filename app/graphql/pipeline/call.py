"""What a transport asks the pipeline to run: for whom, and what the transport can deliver."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.graphql.pipeline.known_answers import Validation
from app.graphql.request.graphql_request import GraphQLRequest
from gql.documents.operation import Operation
from gql.runtime.deadline import WaitForDisconnect
from services.callers.principal import Anonymous, Principal, Router

UNAUTHENTICATED: Final = Anonymous()
"""The caller of a request until it is authenticated; its refusals are charged to the address."""
UNREAD: Final = GraphQLRequest(None)
"""The request until it has been read."""


@dataclass(slots=True)
class OperationCall:
    """One request for an operation; `principal` and `request` may be filled in while it is read.

    The pipeline adds the operation's fields to `log`. `wants_stream` asks for a stream even of a
    single response; `supports_incremental` means that the client reads responses in parts.
    `asks_cost` asks for the estimated cost instead of running. `gone` returns when the client has
    disconnected. `found` is called with the call and an operation that is not a query, before it
    runs; it raises what the transport has against it. `validation` is set where the client may have
    the answer already. `fields` are those of the request's head. Reads see everything up to the
    position `read_after` of the write-ahead log. `router` wrote the text, where one did.
    """

    request_id: str
    log: dict[str, object]
    address: str | None = None
    client_name: str | None = None
    principal: Principal = UNAUTHENTICATED
    expires_at: float | None = None
    request: GraphQLRequest = UNREAD
    last_event_id: int | None = None
    read_after: int = 0
    wants_stream: bool = False
    supports_incremental: bool = False
    asks_cost: bool = False
    gone: WaitForDisconnect | None = None
    validation: Validation | None = None
    fields: Mapping[bytes, bytes] | None = None
    found: "Callable[[OperationCall, Operation], None] | None" = None
    router: Router | None = None
