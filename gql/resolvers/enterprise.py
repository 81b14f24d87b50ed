"""Mutations for companies: metered replies and API keys."""

import strawberry

from db.row import Row
from gql.context import Info, RequestContext
from gql.resolvers.mutation_field import input_key, mutation, none_if_unset
from gql.schema.enterprise.inputs import (
    CreateApiCredentialInput,
    GenerateGuidanceInput,
    RevokeApiCredentialInput,
    RotateApiCredentialInput,
)
from gql.schema.enterprise.payloads import (
    ApiCredentialPayload,
    ApiCredentialSecretPayload,
    GenerateGuidancePayload,
)
from gql.schema.user_error import UserError
from services.enterprise.credentials import IssuedKey
from services.metered.rules import validated_question


@strawberry.type
class EnterpriseMutations:
    """The part of the mutation root for companies."""

    @mutation(
        "For an API key: one metered reply, outside any stored conversation. The unit is given "
        "back when no reply could be written.",
        GenerateGuidancePayload,
    )
    async def generate_guidance(
        self, info: Info, input_: GenerateGuidanceInput
    ) -> GenerateGuidancePayload:
        client = info.context.require_api_client()
        question = validated_question(
            input_.situation, input_.objective, none_if_unset(input_.time_horizon)
        )
        reply = await info.context.services.metered.generate(
            client, question, idempotency_key=input_.idempotency_key
        )
        usage = await info.context.loaders.usage_by_account.load(client.account_id)
        return GenerateGuidancePayload(
            text=reply["content"],
            generation=reply,
            is_overage=reply["is_overage"],
            usage=usage,
            user_errors=_failure(info.context, reply),
        )

    @mutation(
        "Make a key for the company that the viewer administers; 20 may be accepted at a time.",
        ApiCredentialSecretPayload,
    )
    async def create_api_credential(
        self, info: Info, input_: CreateApiCredentialInput
    ) -> ApiCredentialSecretPayload:
        issued = await info.context.services.credentials.create(
            info.context.require_viewer_id(),
            idempotency_key=input_.idempotency_key,
            request_id=info.context.request_id,
        )
        return _secret_payload(issued)

    @mutation(
        "Make a new key in the place of an active one; the old one works until the overlap ends.",
        ApiCredentialSecretPayload,
    )
    async def rotate_api_credential(
        self, info: Info, input_: RotateApiCredentialInput
    ) -> ApiCredentialSecretPayload:
        issued = await info.context.services.credentials.rotate(
            info.context.require_viewer_id(),
            _credential_key(input_.credential_id),
            overlap_seconds=input_.overlap_seconds,
            request_id=info.context.request_id,
        )
        return _secret_payload(issued)

    @mutation(
        "Let a key be accepted nowhere any more, from the moment that this is answered.",
        ApiCredentialPayload,
    )
    async def revoke_api_credential(
        self, info: Info, input_: RevokeApiCredentialInput
    ) -> ApiCredentialPayload:
        viewer, key = info.context.require_viewer_id(), _credential_key(input_.credential_id)
        revoked = await info.context.services.credentials.revoke(
            viewer, key, request_id=info.context.request_id
        )
        return ApiCredentialPayload(credential=revoked)


def _failure(context: RequestContext, reply: Row) -> list[UserError]:
    refusal = context.services.metered.failure(reply)
    if refusal is None:
        return []
    context.mark_server_fault()
    return [UserError.from_refusal(refusal)]


def _secret_payload(issued: IssuedKey) -> ApiCredentialSecretPayload:
    return ApiCredentialSecretPayload(credential=issued.credential, api_key=issued.text)


def _credential_key(text: str) -> int:
    return input_key("ApiCredential", text, field="credentialId")
