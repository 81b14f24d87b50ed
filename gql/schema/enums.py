"""The domain's enums as the API shows them."""

from enum import Enum

import strawberry

from services.billing.records import SubscriptionStatus
from services.enterprise.records import UsageLimitMode
from services.quota.records import QuotaState

__all__ = ["QuotaState", "SubscriptionStatus", "UsageLimitMode"]


def publish(enum: type[Enum], description: str, **value_descriptions: str) -> None:
    """Make a GraphQL enum of `enum`, describing it and each of its values."""
    strawberry.enum(enum, description=description)
    definition = enum.__strawberry_definition__  # type: ignore[attr-defined]  # set by the call
    for value in definition.values:
        value.description = value_descriptions[value.name]


publish(
    SubscriptionStatus,
    "How a subscription stands.",
    INACTIVE="No subscription, or one that is not paid.",
    PENDING="A payment is under way.",
    ACTIVE="Paid; messages can be sent.",
    FAILED="The last payment failed; it can be retried.",
)
publish(
    QuotaState,
    "Whether another message may be sent today.",
    AVAILABLE="Messages are left.",
    EXHAUSTED="The day's messages are used up.",
    NO_ACTIVE_SUBSCRIPTION="Nothing can be sent without an active subscription.",
)
publish(
    UsageLimitMode,
    "What happens to requests over a contract's limits.",
    BLOCK="Requests over a limit are refused.",
    OVERAGE="Requests over a limit are served and billed as overage.",
)
