"""The states, kinds and reasons that are stored as text: one definition for all who name them.

The tables check them, statements and services use them, and the API describes some of them.
"""

from enum import StrEnum


class ConversationStatus(StrEnum):
    """Where a conversation is kept."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class TitleOrigin(StrEnum):
    """Whose words a conversation's title is."""

    MESSAGE = "message"
    MODEL = "model"
    PERSON = "person"


class MessageRole(StrEnum):
    """Who wrote a message."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageStatus(StrEnum):
    """How far a message is written; only replies are ever streaming."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    FAILED = "failed"
    STOPPED = "stopped"


class FeedbackRating(StrEnum):
    """What a person thinks of a reply."""

    UP = "up"
    DOWN = "down"


class MeteredReplyStatus(StrEnum):
    """How far a company's reply is written."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


class ReplyFailure(StrEnum):
    """Why a reply failed."""

    UNAVAILABLE = "unavailable"
    TIMED_OUT = "timed_out"
    REFUSED = "refused"
    TOO_LONG = "too_long"
    CONTEXT_TOO_LONG = "context_too_long"
    INTERRUPTED = "interrupted"


class QuotaEntryKind(StrEnum):
    """What an entry of the quota's ledger does."""

    OPENING = "opening"
    RESERVE = "reserve"
    SETTLE = "settle"
    RELEASE = "release"


class SubscriptionStatus(StrEnum):
    """The states of a subscription."""

    INACTIVE = "inactive"
    PENDING = "pending"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    FAILED = "failed"


class PaymentStatus(StrEnum):
    """The states of a payment."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class PaymentKind(StrEnum):
    """What a payment is for; a refund gives money back."""

    CHECKOUT = "checkout"
    TRIAL = "trial"
    RENEWAL = "renewal"
    PRORATION = "proration"
    METHOD = "method"
    REFUND = "refund"


class InvoiceStatus(StrEnum):
    """The states of an invoice; only the state of an invoice ever changes."""

    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    CREDITED = "credited"


class MeterEventStatus(StrEnum):
    """How far an event of metered use is on its way to the provider."""

    PENDING = "pending"
    SENT = "sent"
    TAKEN = "taken"


class OwnerKind(StrEnum):
    """Whose an invoice is."""

    PERSON = "person"
    COMPANY = "company"


class InvoiceLineKind(StrEnum):
    """What a line of an invoice is for."""

    PERIOD = "period"
    PRORATION = "proration"
    CREDIT = "credit"
    OVERAGE = "overage"


class ApiCredentialStatus(StrEnum):
    """The states of an API key."""

    ACTIVE = "active"
    RETIRING = "retiring"
    REVOKED = "revoked"


class PrivacyRequestKind(StrEnum):
    """What a privacy request asks for."""

    EXPORT = "export"
    DELETE = "delete"


class PrivacyRequestStatus(StrEnum):
    """How far a privacy request has come."""

    REQUESTED = "requested"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DocumentState(StrEnum):
    """The states of a published document: in use, to be replaced, or no longer served."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class ActorKind(StrEnum):
    """Who acted, in the audit trail."""

    USER = "user"
    API_KEY = "api_key"
    OPERATOR = "operator"
    SYSTEM = "system"
