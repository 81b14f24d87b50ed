"""Failures that a client is told about, each with a stable code in `extensions.code`."""

from graphql import GraphQLError


class ApiError(GraphQLError):
    """A failure whose message is meant for the client."""

    code: str

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": self.code})


class BadUserInput(ApiError):
    """An argument or variable that cannot be used; sending it again cannot help."""

    code = "BAD_USER_INPUT"


class Forbidden(ApiError):
    """The caller is known, and may not see this."""

    code = "FORBIDDEN"


class Unauthenticated(ApiError):
    """The credential is wrong, expired, revoked, or of somebody who is not known."""

    code = "UNAUTHENTICATED"


class DeadlineExceeded(ApiError):
    """The answer took longer than it may; asking for less may be quicker."""

    code = "DEADLINE_EXCEEDED"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The answer took longer than {seconds:g} seconds, and was given up.")
