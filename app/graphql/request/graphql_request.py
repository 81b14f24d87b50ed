"""What a client asks to run, by whichever transport."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class GraphQLRequest(NamedTuple):
    """What a client asks, whichever way it came.

    It has the text of a document in `query`, or the id of one. Both together register the text
    under its hash, where the id came as that of an automatic persisted query.
    """

    query: str | None
    operation_name: str | None = None
    # Any: variables are JSON until they are coerced.
    variables: Mapping[str, Any] | None = None
    document_id: str | None = None
    is_automatic: bool = False
