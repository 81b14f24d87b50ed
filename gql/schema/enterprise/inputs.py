"""Inputs of the mutations for companies."""

import strawberry
from strawberry import UNSET


@strawberry.input(description="What guidance is wanted for.")
class GenerateGuidanceInput:
    """For `generateGuidance`."""

    situation: str = strawberry.field(
        description="How things are: 1 to 8,000 characters, not counting white space around them."
    )
    objective: str = strawberry.field(description="What is wanted: 1 to 2,000 characters.")
    idempotency_key: str = strawberry.field(
        description=(
            "Chosen by the client, 1 to 255 printable characters, new for each reply that it "
            "wants. For 30 days, sending again with the same key gives the first reply, or its "
            "failure, and counts nothing."
        )
    )
    time_horizon: str | None = strawberry.field(
        default=UNSET, description="By when: at most 200 characters."
    )


@strawberry.input(description="A key to make.")
class CreateApiCredentialInput:
    """For `createApiCredential`."""

    idempotency_key: str = strawberry.field(
        description=(
            "Chosen by the client, 1 to 255 printable characters, new for each key that it wants. "
            "Sending again with the same one makes nothing and gives the same credential, with "
            "`apiKey` null: the key itself is stored nowhere, and so shown only once."
        )
    )


@strawberry.input(description="A key to replace.")
class RotateApiCredentialInput:
    """For `rotateApiCredential`."""

    credential_id: strawberry.ID = strawberry.field(description="Which key; an active one.")
    overlap_seconds: int = strawberry.field(
        default=86_400,
        description=(
            "How long the old key is still accepted, 0 to 2,592,000 (30 days); with 0 it is "
            "refused at once."
        ),
    )


@strawberry.input(description="A key to revoke.")
class RevokeApiCredentialInput:
    """For `revokeApiCredential`."""

    credential_id: strawberry.ID = strawberry.field(description="Which key.")
