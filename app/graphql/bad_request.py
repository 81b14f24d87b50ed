"""A request that cannot be read."""

BAD_REQUEST = "BAD_REQUEST"


class BadRequest(Exception):
    """An HTTP request that cannot be served; `status`, `headers`, message and code say why."""

    def __init__(
        self,
        status: int,
        message: str,
        headers: dict[str, str] | None = None,
        *,
        code: str = BAD_REQUEST,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.code = code
