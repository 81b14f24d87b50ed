"""Inputs of the mutations for companies."""

import strawberry
from strawberry import UNSET


@strawberry.input(
    description="What the model is told of the situation and the aim, and the key by which the "
    "reply is charged once."
)
class GenerateGuidanceInput:
    """For `generateGuidance`."""

    situation: str = strawberry.field(
        description="How things are: 1 to 8,000 characters, not counting white space around them."
    )
    objective: str = strawberry.field(
        description="What the reply is to achieve: 1 to 2,000 characters."
    )
    idempotency_key: str = strawberry.field(
        description=(
            "Chosen by the client, 1 to 255 printable characters, new for each reply that it "
            "wants. For 30 days, sending again with the same key gives the first reply, or its "
            "failure, and counts nothing."
        )
    )
    time_horizon: str | None = strawberry.field(
        default=UNSET,
        description="By when it is to be achieved, in words such as “within three months”: at "
        "most 200 characters.",
    )


@strawberry.input(
    description="The idempotency key by which one API key is made, however often this is sent."
)
class CreateApiCredentialInput:
    """For `createApiCredential`."""

    idempotency_key: str = strawberry.field(
        description=(
            "Chosen by the client, 1 to 255 printable characters, new for each key that it wants. "
            "Sending again with the same one makes nothing and gives the same credential, with "
            "`apiKey` null: the key itself is stored nowhere, and so shown only once."
        )
    )


@strawberry.input(
    description="The API key to replace, and how long it is still accepted beside the new one."
)
class RotateApiCredentialInput:
    """For `rotateApiCredential`."""

    credential_id: strawberry.ID = strawberry.field(
        description="The `id` of an active API key, from `EnterpriseAccount.credentials`."
    )
    overlap_seconds: int = strawberry.field(
        default=86_400,
        description=(
            "How long the old key is still accepted, 0 to 2,592,000 (30 days); with 0 it is "
            "refused at once."
        ),
    )


@strawberry.input(description="The API key to revoke.")
class RevokeApiCredentialInput:
    """For `revokeApiCredential`."""

    credential_id: strawberry.ID = strawberry.field(
        description="The `id` of the API key, from `EnterpriseAccount.credentials`."
    )
