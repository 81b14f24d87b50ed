"""Errors that clients see, each with a stable code in `extensions.code`."""

from graphql import GraphQLError


class ApiError(GraphQLError):
    """An error whose message is meant for the client."""

    code: str

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": self.code})


class BadUserInput(ApiError):
    """An argument or variable that is not valid; sending it again does not help."""

    code = "BAD_USER_INPUT"


class Forbidden(ApiError):
    """The caller is authenticated, but may not see this."""

    code = "FORBIDDEN"


class Unauthenticated(ApiError):
    """The credential is missing, wrong, expired or revoked, or its owner does not exist."""

    code = "UNAUTHENTICATED"


class DeadlineExceeded(ApiError):
    """The operation took longer than its deadline; a smaller one may be quicker."""

    code = "DEADLINE_EXCEEDED"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The answer took longer than {seconds:g} seconds, and was given up.")
