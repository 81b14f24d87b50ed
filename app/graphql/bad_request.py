"""A request that cannot be read."""

from collections.abc import Sequence

from app.http.error_bodies import BAD_REQUEST


class BadRequest(Exception):
    """An HTTP request that cannot be served; `status`, `fields`, message and code say why."""

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
