"""Payloads of the mutations for companies."""

import strawberry

from db.row import Row
from gql.schema.chat.message import Generation
from gql.schema.enterprise.account import ApiCredential, EnterpriseUsage
from gql.schema.user_error import UserError
from gql.values.mappings import Sourced
from services.enterprise.records import Usage

_ERRORS = "Why nothing was changed; empty on success."


@strawberry.type(
    description="A reply that is charged to the company's contract, or why there is none."
)
class GenerateGuidancePayload:
    """Of `generateGuidance`."""

    text: str | None = strawberry.field(default=None, description="The reply, complete.")
    generation: Sourced[Generation | None, Row | None] = strawberry.field(
        default=None, description="How the reply came about."
    )
    is_overage: bool | None = strawberry.field(
        default=None, description="Whether it was served over a limit of the contract."
    )
    usage: Sourced[EnterpriseUsage | None, Usage | None] = strawberry.field(
        default=None, description="What of its contract the company has used now."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list,
        description=(
            "Why there is no reply; empty on success. With `LLM_UNAVAILABLE` the unit was given "
            "back, and another idempotency key tries again."
        ),
    )


@strawberry.type(description="A new API key with its secret, or why none was made.")
class ApiCredentialSecretPayload:
    """Of mutations that make a key."""

    credential: Sourced[ApiCredential | None, Row | None] = strawberry.field(
        default=None, description="The new API key's data, without its secret."
    )
    api_key: str | None = strawberry.field(
        default=None,
        description=(
            "The whole key, shown this once and stored only as a hash. Null, without an error, "
            "where `createApiCredential` is repeated with the same idempotency key."
        ),
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="An API key after a change, or why it was not changed.")
class ApiCredentialPayload:
    """Of `revokeApiCredential`."""

    credential: Sourced[ApiCredential | None, Row | None] = strawberry.field(
        default=None, description="The credential as it is now."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)
