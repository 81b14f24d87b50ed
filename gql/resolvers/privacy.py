"""Mutations that make and cancel privacy requests."""

import strawberry

from db.row import Row
from gql.context import Info
from gql.resolvers.mutation_field import input_key, mutation
from gql.schema.privacy.mutations import (
    CancelPrivacyRequestInput,
    PrivacyRequestInput,
    PrivacyRequestPayload,
)


@strawberry.type
class PrivacyMutations:
    """The part of the mutation root for exports and erasures."""

    @mutation(
        "Ask for a copy of everything that is kept about the person. While one is under way it is "
        "given; a day after a completed one another can be asked for.",
        PrivacyRequestPayload,
    )
    async def request_privacy_export(
        self, info: Info, input_: PrivacyRequestInput
    ) -> PrivacyRequestPayload:
        made = await info.context.services.privacy.request_export(
            info.context.require_viewer_id(),
            idempotency_key=input_.idempotency_key,
            request_id=info.context.request_id,
        )
        return _payload(made)

    @mutation(
        "Ask for the erasure of the person's data. It is carried out at `scheduledFor`, can be "
        "taken back until then, and signs the person out for good. While one is under way it is "
        "given.",
        PrivacyRequestPayload,
    )
    async def request_privacy_delete(
        self, info: Info, input_: PrivacyRequestInput
    ) -> PrivacyRequestPayload:
        made = await info.context.services.privacy.request_erasure(
            info.context.require_viewer_id(),
            idempotency_key=input_.idempotency_key,
            request_id=info.context.request_id,
        )
        return _payload(made)

    @mutation("Take back a privacy request that has not begun.", PrivacyRequestPayload)
    async def cancel_privacy_request(
        self, info: Info, input_: CancelPrivacyRequestInput
    ) -> PrivacyRequestPayload:
        viewer = info.context.require_viewer_id()
        key = input_key("PrivacyRequest", input_.privacy_request_id, field="privacyRequestId")
        cancelled = await info.context.services.privacy.cancel(
            viewer, key, request_id=info.context.request_id
        )
        return _payload(cancelled)


def _payload(row: Row) -> PrivacyRequestPayload:
    return PrivacyRequestPayload(privacy_request=row)
