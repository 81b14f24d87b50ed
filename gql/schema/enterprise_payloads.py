"""What the mutations of companies give."""

import strawberry

from gql.schema.enterprise import ApiCredential
from gql.schema.user_error import UserError

_ERRORS = "Why nothing was changed; empty on success."


@strawberry.type(description="A new key.")
class ApiCredentialSecretPayload:
    """Of what makes a key."""

    credential: ApiCredential | None = strawberry.field(
        default=None, description="The new credential."
    )
    api_key: str | None = strawberry.field(
        default=None,
        description=(
            "The whole key, shown this once and stored only as a hash. Null, without an error, "
            "where `createApiCredential` is repeated with the same idempotency key."
        ),
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A changed key.")
class ApiCredentialPayload:
    """Of `revokeApiCredential`."""

    credential: ApiCredential | None = strawberry.field(
        default=None, description="The credential as it is now."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)
