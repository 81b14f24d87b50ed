"""How the API describes the enums that are defined below it."""

from collections.abc import Mapping
from enum import Enum

from db.states import (
    ApiCredentialStatus,
    ConversationStatus,
    FeedbackRating,
    InvoiceLineKind,
    InvoiceStatus,
    MessageRole,
    MessageStatus,
    PaymentStatus,
    PrivacyRequestKind,
    PrivacyRequestStatus,
    SubscriptionStatus,
)
from gql.schema import described
from services.enterprise.records import UsageLimitMode
from services.mutations.refusals import UserErrorCode
from services.quota.records import QuotaState

_DESCRIPTIONS: Mapping[type[Enum], tuple[str, Mapping[str, str]]] = {
    ConversationStatus: (
        "Where a conversation is kept.",
        {
            "ACTIVE": "The conversation is in use.",
            "ARCHIVED": "Put away; it can be taken out again.",
        },
    ),
    MessageRole: (
        "Who wrote a message.",
        {
            "USER": "The person wrote it.",
            "ASSISTANT": "The model wrote it, in reply to the person.",
        },
    ),
    MessageStatus: (
        "How far a message is written.",
        {
            "STREAMING": "The reply is being written.",
            "COMPLETE": "The message has its whole text.",
            "FAILED": (
                "The reply could not be written; nothing was charged. It can be regenerated."
            ),
            "STOPPED": "The person stopped the reply; what had arrived is kept.",
        },
    ),
    FeedbackRating: (
        "What a person thinks of a reply.",
        {"UP": "It was good.", "DOWN": "It was not."},
    ),
    SubscriptionStatus: (
        "How a subscription stands.",
        {
            "INACTIVE": "No subscription, or one that is not paid.",
            "PENDING": "A payment is under way.",
            "ACTIVE": "Paid; messages can be sent.",
            "PAST_DUE": "A renewal failed; the service goes on until `graceEndsAt`.",
            "FAILED": "The last payment failed; it can be retried.",
        },
    ),
    PaymentStatus: (
        "What became of a payment.",
        {
            "PENDING": "Not known yet; the subscription follows when it is.",
            "REQUIRES_ACTION": "The person must confirm it with `Payment.clientSecret`.",
            "SUCCEEDED": "The payment succeeded: the money was taken.",
            "FAILED": "The payment failed: no money was taken.",
        },
    ),
    InvoiceStatus: (
        "How an invoice stands.",
        {
            "OPEN": "Issued, and not paid yet.",
            "PAID": "The money was taken, or given back where it is a credit note.",
            "UNCOLLECTIBLE": "The money could not be taken, and is no longer asked for.",
            "CREDITED": "Credit notes take all of it back.",
        },
    ),
    InvoiceLineKind: (
        "What a line of an invoice is for.",
        {
            "PERIOD": "A plan or a contract for one period.",
            "PRORATION": "A plan for what is left of a period.",
            "CREDIT": "Given back, or set against what else is charged: never positive.",
            "OVERAGE": "Metered requests over what the contract includes.",
        },
    ),
    QuotaState: (
        "Whether another message may be sent today.",
        {
            "AVAILABLE": "Messages are left.",
            "EXHAUSTED": "The day's messages are used up.",
            "NO_ACTIVE_SUBSCRIPTION": "Nothing can be sent without an active subscription.",
        },
    ),
    ApiCredentialStatus: (
        "Whether an API key is accepted.",
        {
            "ACTIVE": "The key is accepted.",
            "RETIRING": "Replaced by a newer key; still accepted until `expiresAt`.",
            "REVOKED": "No longer accepted: it was revoked, or its `expiresAt` is over.",
        },
    ),
    UsageLimitMode: (
        "What happens to requests over a contract's limits.",
        {
            "BLOCK": "Requests over a limit are refused.",
            "OVERAGE": "Requests over a limit are served and billed as overage.",
        },
    ),
    PrivacyRequestKind: (
        "What a privacy request asks for.",
        {"EXPORT": "A copy of the person's data.", "DELETE": "The erasure of the person's data."},
    ),
    PrivacyRequestStatus: (
        "How far a privacy request has come.",
        {
            "REQUESTED": "The request was received, and has not begun.",
            "PROCESSING": "The request is being carried out.",
            "COMPLETED": "The request was carried out.",
            "FAILED": "The request was given up; `errorReason` says why.",
            "CANCELLED": "The person took the request back before it began.",
        },
    ),
    UserErrorCode: (
        "Why a mutation changed nothing.",
        {
            "INVALID_INPUT": "A member of the input cannot be used.",
            "NOT_FOUND": "What the input names does not exist, or belongs to somebody else.",
            "CONFLICT": "What the input names is not in a state for this.",
            "IDEMPOTENCY_KEY_REUSED": "The idempotency key was used before with other input.",
            "NO_ACTIVE_SUBSCRIPTION": "An active subscription is needed.",
            "QUOTA_EXCEEDED": "The day's messages are used up.",
            "INVALID_PLAN": "There is no such plan on sale.",
            "SUBSCRIPTION_ALREADY_ACTIVE": "There is an active subscription already.",
            "ALREADY_ON_PLAN": "The subscription is for this plan already.",
            "PAYMENT_DECLINED": "The payment was declined.",
            "AMOUNT_CHANGED": "The amount is not the one that was expected.",
            "LLM_UNAVAILABLE": "The model did not write a whole reply; nothing was charged.",
            "USAGE_LIMIT_EXCEEDED": "The contract's requests are used up.",
            "MODEL_NOT_ALLOWED": "There is no such model among those of the plan.",
            "CONTEXT_TOO_LONG": "The message alone is more than the model can take in.",
        },
    ),
}


def publish_enums() -> None:
    """Make GraphQL enums of them, before the schema is built."""
    for members, (description, values) in _DESCRIPTIONS.items():
        described.enum(description, **values)(members)
