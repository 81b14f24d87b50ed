"""The exception for an HTTP request that is not a valid GraphQL request."""

from collections.abc import Sequence

from app.http.error_responses import BAD_REQUEST


class BadRequest(Exception):
    """The request is invalid; it has the response's status, header fields, message and code."""

    def __init__(
        self,
        status: int,
        message: str,
        fields: Sequence[tuple[bytes, bytes]] = (),
        *,
        code: str = BAD_REQUEST,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.fields = fields
        self.code = code
