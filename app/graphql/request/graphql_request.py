"""What a client asks to run, by whichever transport."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gql.runtime.error_behavior import ErrorBehavior


class GraphQLRequest(NamedTuple):
    """An operation to run: the text of a document in `query`, or the id of one.

    Both together register the text under its hash, if `is_automatic`: then the id is the hash of
    an automatic persisted query.
    """

    query: str | None
    operation_name: str | None = None
    # Any: variables are JSON until they are coerced.
    variables: Mapping[str, Any] | None = None
    document_id: str | None = None
    is_automatic: bool = False
    on_error: ErrorBehavior = ErrorBehavior.PROPAGATE
