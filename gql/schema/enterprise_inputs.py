"""What the mutations of companies take."""

import strawberry


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
