"""Inputs and payloads of the mutations of privacy requests."""

import strawberry

from db.row import Row
from gql.schema.privacy.request import PrivacyRequest
from gql.schema.user_error import UserError
from gql.values.mappings import Sourced


@strawberry.input(
    description="The key by which the request is made once; whose data it is about follows from "
    "the token."
)
class PrivacyRequestInput:
    """For `requestPrivacyExport` and `requestPrivacyDelete`."""

    idempotency_key: str = strawberry.field(
        description=(
            "Chosen by the client, 1 to 255 printable characters, new for each thing that it "
            "wants done. Sending again with the same key returns the first result."
        )
    )


@strawberry.input(description="The privacy request to take back.")
class CancelPrivacyRequestInput:
    """For `cancelPrivacyRequest`."""

    privacy_request_id: strawberry.ID = strawberry.field(
        description="The `id` of a request of the viewer's that has not begun."
    )


@strawberry.type(description="A privacy request that was made or taken back.")
class PrivacyRequestPayload:
    """Of all mutations of privacy requests."""

    privacy_request: Sourced[PrivacyRequest | None, Row | None] = strawberry.field(
        default=None, description="The request as it is now."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why nothing was changed; empty on success."
    )
