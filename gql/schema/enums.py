"""The services' enums as GraphQL enums, with descriptions."""

from gql.schema import described
from services.billing.records import PaymentStatus, SubscriptionStatus
from services.enterprise.records import UsageLimitMode
from services.quota.records import QuotaState

__all__ = ["PaymentStatus", "QuotaState", "SubscriptionStatus", "UsageLimitMode"]


described.enum(
    "How a subscription stands.",
    INACTIVE="No subscription, or one that is not paid.",
    PENDING="A payment is under way.",
    ACTIVE="Paid; messages can be sent.",
    FAILED="The last payment failed; it can be retried.",
)(SubscriptionStatus)
described.enum(
    "What became of a payment.",
    PENDING="Not known yet; the subscription follows when it is.",
    SUCCEEDED="The money was taken.",
    FAILED="The money was not taken.",
)(PaymentStatus)
described.enum(
    "Whether another message may be sent today.",
    AVAILABLE="Messages are left.",
    EXHAUSTED="The day's messages are used up.",
    NO_ACTIVE_SUBSCRIPTION="Nothing can be sent without an active subscription.",
)(QuotaState)
described.enum(
    "What happens to requests over a contract's limits.",
    BLOCK="Requests over a limit are refused.",
    OVERAGE="Requests over a limit are served and billed as overage.",
)(UsageLimitMode)
